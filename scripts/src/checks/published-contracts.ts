import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../repository/packages.ts';
import { breaksOf, promisesTheSame } from './contract-compatibility.ts';

const SUFFIX = '.schema.json';

/**
 * A published version of a message type never changes. `published/<type>/` keeps the versions 1, 2 and so on. Each
 * version must keep the promises of the one before it, and the current schema must equal the last one. So a break is
 * found if a developer forgets to publish it, and also if it is published.
 *
 * @param directory that holds the schemas in force and `published/`
 */
export async function publishedContractsHold(
  directory = join(repositoryRoot, 'infra', 'contracts'),
): Promise<string[]> {
  const published = join(directory, 'published');
  const inForce = (await readdir(directory))
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length));
  const types = new Set([...inForce, ...(await readdir(published).catch(() => []))]);
  const problems = await Promise.all(
    [...types].toSorted().map(async (type) => {
      const current = inForce.includes(type) ? await readJson(join(directory, type + SUFFIX)) : undefined;
      const { history, problem } = await readHistory(join(published, type));
      return problem === undefined
        ? historyProblems(type, history, current)
        : [`published/${type}: ${problem}`];
    }),
  );
  return problems.flat();
}

/**
 * @param history the published versions, oldest first
 * @param current the schema in force, undefined when there is none
 */
export function historyProblems(type: string, history: readonly unknown[], current: unknown): string[] {
  if (current === undefined) return [`${type} was published and is gone`];
  const breaks = [...history, current].flatMap((version, index, versions) =>
    index === 0
      ? []
      : breaksOf(versions[index - 1], version).map(
          (text) => `${type} breaks what was published as version ${index}: ${text}`,
        ),
  );
  if (breaks.length > 0 || promisesTheSame(history.at(-1), current)) return breaks;
  const next = `published/${type}/${history.length + 1}${SUFFIX}`;
  return [`${type} is not published as it is: copy it to infra/contracts/${next}`];
}

async function readHistory(directory: string): Promise<{ history: unknown[]; problem?: string }> {
  const files: string[] = await readdir(directory).catch(() => []);
  const expected = files.map((_, index) => `${index + 1}${SUFFIX}`);
  const strays = files.filter((file) => !expected.includes(file));
  if (strays.length > 0)
    return { history: [], problem: `${strays.join(', ')} beside versions 1 to ${files.length}` };
  return { history: await Promise.all(expected.map((file) => readJson(join(directory, file)))) };
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}
