import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commentsOf } from '../prose/comments.ts';
import { contractTexts } from '../prose/contract-texts.ts';
import { lintProse } from '../prose/lint-prose.ts';
import { commentFolders } from '../prose/scope.ts';
import type { Prose } from '../prose/texts.ts';
import { projectFiles } from '../repository/files.ts';
import { repositoryRoot } from '../repository/packages.ts';

/** Documents, contracts and comments keep the rules of `prose/plain-english.ts`. */
export async function proseIsPlain(): Promise<string[]> {
  const problems = await Promise.all((await projectFiles()).map(problemsIn));
  return problems.flat();
}

async function problemsIn(file: string): Promise<string[]> {
  const textsOf = readerOf(file);
  if (textsOf === undefined) return [];
  const source = await readFile(join(repositoryRoot, file), 'utf8');
  return lintProse(file, textsOf(source));
}

function readerOf(file: string): ((source: string) => Prose[]) | undefined {
  if (file.endsWith('.ts')) {
    if (!commentFolders.some((folder) => file.startsWith(folder))) return undefined;
    return (source) => commentsOf(file, source);
  }
  // A published schema never changes.
  if (file.includes('/published/')) return undefined;
  if (file.endsWith('.md')) return (text) => [{ line: 1, text }];
  if (/(?:^|\/)(?:openapi\.json|asyncapi[^/]*\.yaml|[^/]*\.schema\.json)$/u.test(file)) return contractTexts;
  return undefined;
}
