import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readdir, readFile } from 'node:fs/promises';
import type { CloudEvent } from 'service-kit/messaging';

const folder = new URL('../contracts/', import.meta.url);
const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);
for (const file of await readdir(folder)) {
  if (file.endsWith('.schema.json')) ajv.addSchema(await readJson(file));
}

/** The breaches of a message's contract; empty if it keeps it. */
export function breachesOf(event: CloudEvent): string[] {
  const validate = ajv.getSchema(`urn:laurel:contract:${event.type}`);
  if (!validate) return [`there is no contract of ${event.type}`];
  if (validate(event) === true) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** The examples in the contract of a type. */
export async function examplesOf(type: string): Promise<unknown[]> {
  const { examples }: { examples: unknown[] } = await readJson(`${type}.schema.json`);
  return examples;
}

/** The types of the contracts of what other services send to this one. */
export async function heardTypes(): Promise<string[]> {
  const heard: string[] = [];
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.schema.json')) continue;
    const { source, type } = (await readJson(file)).properties;
    if (source.const !== 'auth-service') heard.push(type.const);
  }
  return heard;
}

async function readJson(file: string) {
  return JSON.parse(await readFile(new URL(file, folder), 'utf8'));
}
