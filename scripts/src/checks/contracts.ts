import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageDirectory, repositoryRoot, type ServiceName, serviceNames } from '../repository/packages.ts';

const originals = join(repositoryRoot, 'infra', 'contracts');

/** The contracts in each service are byte for byte those of infra/contracts. */
export async function contractCopiesAreEqual(): Promise<string[]> {
  const problems = await Promise.all(serviceNames.map(copyProblems));
  return problems.flat();
}

async function copyProblems(service: ServiceName): Promise<string[]> {
  const directory = join(packageDirectory(service), 'contracts');
  const files: string[] = await readdir(directory).catch(() => []);
  const problems: string[] = [];
  for (const file of files.filter((name) => name !== 'openapi.json')) {
    const name = file === 'asyncapi.yaml' ? `asyncapi.${service}.yaml` : file;
    const original = await readFile(join(originals, name)).catch(() => undefined);
    if (original === undefined)
      problems.push(`${service}/contracts/${file} has no original infra/contracts/${name}`);
    else if (!original.equals(await readFile(join(directory, file)))) {
      problems.push(`${service}/contracts/${file} differs from infra/contracts/${name}`);
    }
  }
  const asyncapi = (await contractFiles('asyncapi.')).includes(`asyncapi.${service}.yaml`);
  if (asyncapi && !files.includes('asyncapi.yaml'))
    problems.push(`${service}/contracts/asyncapi.yaml is missing`);
  return problems;
}

/** Every message schema compiles and accepts its examples. */
export async function schemasCompile(): Promise<string[]> {
  const problems: string[] = [];
  for (const file of await contractFiles('laurel.')) {
    const ajv = addFormats.default(new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }));
    try {
      const schema = z
        .looseObject({ examples: z.array(z.unknown()).default([]) })
        .parse(await readContract(file));
      const validate = ajv.compile(schema);
      for (const [index, example] of schema.examples.entries()) {
        if (!validate(example)) problems.push(...told(`${file} example ${index + 1}`, validate.errors));
      }
    } catch (error) {
      problems.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return problems;
}

/** Every AsyncAPI document is valid by the schema of the specification, and its references exist. */
export async function asyncapiIsValid(): Promise<string[]> {
  const validate = new Ajv({ strict: false, allErrors: true, logger: false, validateFormats: false }).compile(
    await asyncapiSchema(),
  );
  const problems: string[] = [];
  for (const file of await contractFiles('asyncapi.')) {
    const document = await readContract(file);
    if (!validate(document)) problems.push(...told(file, validate.errors));
    problems.push(...(await danglingReferences(file, document)));
  }
  return problems;
}

async function asyncapiSchema(): Promise<object> {
  const file = new URL(import.meta.resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json'));
  return z.looseObject({}).parse(JSON.parse(await readFile(file, 'utf8')));
}

async function danglingReferences(file: string, document: unknown): Promise<string[]> {
  const problems: string[] = [];
  for (const reference of referencesIn(document)) {
    const [path = '', pointer = ''] = reference.split('#');
    const target = path === '' ? document : await readContract(path).catch(() => undefined);
    if (target === undefined || !resolves(target, pointer))
      problems.push(`${file}: ${reference} leads nowhere`);
  }
  return problems;
}

export function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  );
}

export function resolves(document: unknown, pointer: string): boolean {
  const steps = pointer.split('/').slice(1);
  let here: unknown = document;
  for (const step of steps.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    if (typeof here !== 'object' || here === null) return false;
    here = new Map<string, unknown>(Object.entries(here)).get(step);
  }
  return here !== undefined;
}

async function contractFiles(prefix: string): Promise<string[]> {
  return (await readdir(originals)).filter((file) => file.startsWith(prefix)).toSorted();
}

// YAML is a superset of JSON.
async function readContract(file: string): Promise<unknown> {
  const path = resolve(originals, file);
  if (relative(originals, dirname(path)) !== '') throw new Error(`${file} is not in infra/contracts`);
  return parse(await readFile(path, 'utf8'));
}

function told(what: string, errors: ErrorObject[] | null | undefined): string[] {
  return (errors ?? [])
    .slice(0, 10)
    .map(({ instancePath, message }) => `${what}: ${instancePath || '/'} ${message}`);
}
