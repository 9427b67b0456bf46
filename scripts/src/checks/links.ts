import { access, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { projectFiles } from '../repository/files.ts';
import { repositoryRoot } from '../repository/packages.ts';

/** Every relative link in a Markdown file leads to a file or folder of the project. */
export async function linksLead(): Promise<string[]> {
  const documents = (await projectFiles()).filter((file) => file.endsWith('.md'));
  const problems = await Promise.all(documents.map(brokenLinks));
  return problems.flat();
}

async function brokenLinks(document: string): Promise<string[]> {
  const text = await readFile(join(repositoryRoot, document), 'utf8');
  const broken: string[] = [];
  for (const target of linkTargets(text)) {
    const path = resolve(repositoryRoot, dirname(document), decodeURIComponent(target));
    const inside = !relative(repositoryRoot, path).startsWith('..');
    if (!inside || !(await exists(path))) broken.push(`${document}: ${target} does not exist`);
  }
  return broken;
}

/** Where the relative links and pictures of a Markdown text point, without anchors. Code is not read. */
export function linkTargets(markdown: string): string[] {
  const prose = markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s+<?(\S+?)>?$/gm)];
  const targets = [...inline, ...references].map((match) => match[1]?.split('#')[0] ?? '');
  return targets.filter((target) => target !== '' && !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target));
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
