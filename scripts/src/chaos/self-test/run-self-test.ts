import type { Sources } from '../../backing-services/sources.ts';
import { type ChaosPlan, GAP_MS, RATE } from '../chaos-plan.ts';
import { type ChaosReport, isBroken, reportOf } from '../report/chaos-report.ts';
import { columns } from '../report/columns.ts';
import { runChaos } from '../run-chaos.ts';
import { type Aim, inTurn } from './aims.ts';
import { brokenBuild, mutations } from './mutations.ts';

export interface SelfTest {
  build: string;
  /**
   * At least one of these rules has to catch the broken build. It is empty for the sound build, in which no rule may
   * find anything.
   */
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
  broken?: Pick<ChaosPlan, 'folders' | 'variables'>;
}

export interface SelfTestOptions {
  seed: number;
  sources: Sources;
  say: (line: string) => void;
}

/**
 * Runs the sound build under the faults of all mutations: every invariant must hold. Then runs each mutation: one of
 * the invariants that it names must catch it.
 */
export async function runSelfTest(options: SelfTestOptions): Promise<SelfTest[]> {
  const aims = [...new Set(mutations.map(({ aim }) => aim))];
  const results = [await attempt({ build: 'as it is', wanted: [], aims }, options)];
  for (const { name, summary, services, aim, caughtBy } of mutations) {
    const broken = brokenBuild(name, services);
    results.push(await attempt({ build: summary, wanted: caughtBy, aims: [aim], broken }, options));
  }
  return results;
}

async function attempt(
  { build, wanted, aims, broken: parts = {} }: Attempt,
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
    ...parts,
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

/** An example of the wanted breach, or else of any. */
function exampleOf({ verdicts }: ChaosReport, wanted: readonly string[]): string {
  const broken = verdicts.filter(({ breaches }) => breaches > 0);
  const shown = broken.find(({ id }) => wanted.includes(id)) ?? broken[0];
  return shown?.evidence[0]?.what ?? '';
}
