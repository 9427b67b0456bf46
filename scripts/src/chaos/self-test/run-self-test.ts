import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sources } from '../../backing-services/sources.ts';
import { Keeper } from '../../processes/keeper.ts';
import type { ServiceName } from '../../repository/packages.ts';
import { GAP_MS, RATE } from '../chaos-plan.ts';
import { type ChaosReport, isBroken, reportOf } from '../report/chaos-report.ts';
import { columns } from '../report/columns.ts';
import { runChaos } from '../run-chaos.ts';
import { type Aim, inTurn } from './aims.ts';
import { breakBuild } from './broken-build.ts';
import { type Mutation, mutations } from './mutations.ts';

export interface SelfTest {
  build: string;
  /** The rules of which one has to find it out; none for the build as it is, of which nothing may be found. */
  wanted: readonly string[];
  /** What was found broken, with how many breaches. */
  found: Record<string, number>;
  asWanted: boolean;
  tookMs: number;
  report: ChaosReport;
}

interface Attempt {
  build: string;
  wanted: readonly string[];
  aims: readonly Aim[];
  folders?: Partial<Record<ServiceName, string>>;
}

export interface SelfTestOptions {
  seed: number;
  sources: Sources;
  say: (line: string) => void;
}

/**
 * Runs the build as it is under everything that is aimed at the broken ones, which it has to stand, and then every
 * broken build, which has to be found out by a rule that is about what was broken.
 */
export async function runSelfTest(options: SelfTestOptions): Promise<SelfTest[]> {
  const aims = [...new Set(mutations.map(({ aim }) => aim))];
  const results = [await attempt({ build: 'as it is', wanted: [], aims }, options)];
  for (const mutation of mutations) results.push(await tryMutation(mutation, options));
  return results;
}

async function tryMutation(mutation: Mutation, options: SelfTestOptions): Promise<SelfTest> {
  const { name, caughtBy, aim } = mutation;
  const directory = await mkdtemp(join(tmpdir(), 'laurel-broken-'));
  const keeper = Keeper.start();
  keeper.removeAtEnd(directory);
  try {
    const folders = await breakBuild(mutation, directory);
    return await attempt({ build: name, wanted: caughtBy, aims: [aim], folders }, options);
  } finally {
    await keeper.end();
  }
}

async function attempt(
  { build, wanted, aims, folders }: Attempt,
  { seed, sources, say }: SelfTestOptions,
): Promise<SelfTest> {
  say(`The build: ${build}`);
  const startedAt = performance.now();
  const plan = {
    seed,
    kinds: [],
    gapMs: GAP_MS,
    ...inTurn(aims),
    brokerNodes: 1,
    rate: RATE,
    ...(folders && { folders }),
  };
  const report = reportOf(await runChaos(plan, sources, say));
  const broken = report.verdicts.filter(({ breaches }) => breaches > 0);
  const found = Object.fromEntries(broken.map(({ id, breaches }) => [id, breaches]));
  const caught = broken.some(({ id }) => wanted.includes(id));
  const asWanted = wanted.length === 0 ? !isBroken(report) : caught;
  say(`${asWanted ? 'As it should be' : 'NOT AS IT SHOULD BE'}: found ${JSON.stringify(found)}`);
  return { build, wanted, found, asWanted, tookMs: performance.now() - startedAt, report };
}

export function selfTestLines(results: readonly SelfTest[]): string[] {
  const rows = results.map(({ build, wanted, found, asWanted, tookMs, report }) => [
    markOf(wanted.length === 0, asWanted),
    build,
    wanted.join(' or ') || 'nothing',
    Object.entries(found)
      .map(([id, breaches]) => `${id}: ${breaches}`)
      .join(', ') || 'nothing',
    `${Math.round(tookMs / 1_000)} s`,
    exampleOf(report, wanted),
  ]);
  return columns([['', 'build', 'to be found', 'found', 'in', 'for example'], ...rows]);
}

function markOf(sound: boolean, asWanted: boolean): string {
  if (sound) return asWanted ? '✔ passed' : '✖ not passed';
  return asWanted ? '✔ caught' : '✖ not caught';
}

/** Of what was wanted, or else of whatever there is. */
function exampleOf({ verdicts }: ChaosReport, wanted: readonly string[]): string {
  const broken = verdicts.filter(({ breaches }) => breaches > 0);
  const shown = broken.find(({ id }) => wanted.includes(id)) ?? broken[0];
  return shown?.evidence[0]?.what ?? '';
}
