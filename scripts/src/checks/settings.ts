import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageDirectory, type PackageName, packageNames } from '../repository/packages.ts';

export const settingsFiles = [
  '.npmrc',
  '.nvmrc',
  '.oxfmtrc.json',
  '.oxlintrc.json',
  'tsconfig.json',
  'vitest.config.ts',
];

/** Every package has the same compiler, linter, formatter, npm and test settings. */
export async function settingsAreIdentical(): Promise<string[]> {
  const problems: string[] = [];
  for (const file of settingsFiles) {
    const [first = '', ...others] = packageNames;
    const expected = await readSettings(first, file);
    if (expected === undefined) problems.push(`${first}/${file} is missing`);
    for (const name of others) {
      const text = await readSettings(name, file);
      if (text === undefined) problems.push(`${name}/${file} is missing`);
      else if (text !== expected) problems.push(`${name}/${file} differs from ${first}/${file}`);
    }
  }
  return problems;
}

// In scripts/ the name `test` is taken by the command, so its tests are in `tests`: the one difference there may be.
async function readSettings(name: PackageName, file: string): Promise<string | undefined> {
  const text = await readFile(join(packageDirectory(name), file), 'utf8').catch(() => undefined);
  return name === 'scripts' ? text?.replace(/(["'])tests(?=["'/])/, '$1test') : text;
}
