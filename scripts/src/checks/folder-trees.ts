import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFiles } from '../repository/files.ts';
import { repositoryRoot } from '../repository/packages.ts';

/** Every path in a tree of folders (a `tree` code block of a Markdown file) exists, a folder where it ends with a slash. */
export async function treesAreTrue(): Promise<string[]> {
  const documents = (await projectFiles()).filter((file) => file.endsWith('.md'));
  const problems = await Promise.all(
    documents.map(async (document) => {
      const paths = treePaths(await readFile(join(repositoryRoot, document), 'utf8'));
      const missing = await Promise.all(paths.map(async (path) => ((await exists(path)) ? [] : [path])));
      return missing.flat().map((path) => `${document}: ${path} does not exist`);
    }),
  );
  return problems.flat();
}

/** The paths of all trees in a Markdown text, from the root of the repository. A line is `name  what it is`, indented by two spaces a level. */
export function treePaths(markdown: string): string[] {
  const trees = [...markdown.matchAll(/^```tree\n([\s\S]*?)^```$/gmu)];
  return trees.flatMap((tree) => pathsOf(tree[1] ?? ''));
}

function pathsOf(tree: string): string[] {
  const parents: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const entry = /^(?<indent> *)(?<name>\S+)/u.exec(line)?.groups;
    if (entry === undefined) return [];
    const level = (entry['indent'] ?? '').length / 2;
    parents.splice(level, parents.length, entry['name'] ?? '');
    return [parents.join('')];
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    const found = await stat(join(repositoryRoot, path));
    return found.isDirectory() === path.endsWith('/');
  } catch {
    return false;
  }
}
