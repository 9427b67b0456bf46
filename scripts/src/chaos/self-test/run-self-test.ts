import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sources } from '../../backing-services/sources.ts';
import { Keeper } from '../../processes/keeper.ts';
import { RATE } from '../chaos-plan.ts';
import { type ChaosReport, isBroken, reportOf } from '../report/chaos-report.ts';
import { columns } from '../report/columns.ts';
import { runChaos } from '../run-chaos.ts';
import { breakBuild } from './broken-build.ts';
import { type Mutation, mutations } from './mutations.ts';

export interface SelfTest {
  mutation: string;
  wanted: readonly string[];
  /** What was found broken, with how many breaches. */
  found: Record<string, number>;
  caught: boolean;
  report: ChaosReport;
}

const LOAD_MS = 60_000;

/** Runs every broken build; each has to be found out by a rule that is about what was broken. */
export async function runSelfTest(
  seed: number,
  sources: Sources,
  say: (line: string) => void,
): Promise<SelfTest[]> {
  const results: SelfTest[] = [];
  for (const mutation of mutations) {
    say(`Broken build: ${mutation.name}`);
    const result = await tryMutation(mutation, seed, sources, say);
    say(`${result.caught ? 'Caught' : 'NOT CAUGHT'}: ${JSON.stringify(result.found)}`);
    results.push(result);
  }
  return results;
}

async function tryMutation(
  mutation: Mutation,
  seed: number,
  sources: Sources,
  say: (line: string) => void,
): Promise<SelfTest> {
  const directory = await mkdtemp(join(tmpdir(), 'laurel-broken-'));
  const keeper = Keeper.start();
  keeper.removeAtEnd(directory);
  try {
    const folders = await breakBuild(mutation, directory);
    const plan = { seed, durationMs: LOAD_MS, kinds: mutation.faults, brokerNodes: 1, rate: RATE, folders };
    const report = reportOf(await runChaos(plan, sources, say));
    const broken = report.verdicts.filter(({ breaches }) => breaches > 0);
    return {
      mutation: mutation.name,
      wanted: mutation.caughtBy,
      found: Object.fromEntries(broken.map(({ id, breaches }) => [id, breaches])),
      caught: isBroken(report) && broken.some(({ id }) => mutation.caughtBy.includes(id)),
      report,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
    await keeper.end();
  }
}

export function selfTestLines(results: readonly SelfTest[]): string[] {
  const rows = results.map(({ mutation, wanted, found, caught, report }) => [
    caught ? '✔ caught' : '✖ not caught',
    mutation,
    wanted.join(' or '),
    Object.entries(found)
      .map(([id, breaches]) => `${id}: ${breaches}`)
      .join(', '),
    report.verdicts.find(({ id }) => wanted.includes(id))?.evidence[0]?.what ?? '',
  ]);
  return columns([['', 'broken build', 'to be found by', 'found', 'for example'], ...rows]);
}
