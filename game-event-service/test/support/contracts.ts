import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const FOLDER = new URL('../../contracts/', import.meta.url);
const SUFFIX = '.schema.json';
const Contract = z.looseObject({ examples: z.array(z.unknown()).min(1) });

const ajv = addFormats.default(new Ajv2020({ allErrors: true, strictTypes: false }));
const validators = new Map<string, ValidateFunction>();
const examples = new Map<string, unknown[]>();
for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(SUFFIX))) {
  const type = file.slice(0, -SUFFIX.length);
  const contract = Contract.parse(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
  validators.set(type, ajv.compile(contract));
  examples.set(type, contract.examples);
}

/** @throws what is wrong with a message by the contract of its type */
export function assertContract(type: string, message: unknown): void {
  const validate = validators.get(type);
  if (!validate) throw new Error(`there is no contract for ${type}`);
  if (!validate(message)) throw new Error(`${type}: ${ajv.errorsText(validate.errors)}`);
}

export const contractTypes = (): string[] => [...validators.keys()];

export const examplesOf = (type: string): unknown[] => examples.get(type) ?? [];
