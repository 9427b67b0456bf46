import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { projectFiles } from '../repository/files.ts';
import { repositoryRoot } from '../repository/packages.ts';

// Written in pieces, so that this file does not find itself.
const forbidden = new RegExp(
  ['change', 'me|secret', '123|password', '123|hunter', '2|letme', 'in|s3cr', '3t'].join(''),
  'i',
);
const TEXT = /\.(ts|js|mjs|json|ya?ml|sh|md|example|env|conf|toml|csv)$|^[^.]+$/;
const LARGEST_TEXT = 1024 * 1024;

/** Finds placeholder passwords and secrets. Tests may hold bad ones on purpose. */
export async function forbiddenDefaults(): Promise<string[]> {
  const files = (await projectFiles()).filter(mayHoldDefaults);
  const problems = await Promise.all(files.map(findIn));
  return problems.flat();
}

function mayHoldDefaults(file: string): boolean {
  const isTest = /\.test\.ts$|(^|\/)tests?\//.test(file);
  return !isTest && TEXT.test(basename(file)) && basename(file) !== 'package-lock.json';
}

async function findIn(file: string): Promise<string[]> {
  const text = await readFile(join(repositoryRoot, file), 'utf8');
  if (text.length > LARGEST_TEXT) return [];
  return text
    .split('\n')
    .flatMap((line, index) => (forbidden.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []));
}
