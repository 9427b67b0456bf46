import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { printError } from '../../console/print.ts';
import { installPackage } from '../../toolchain/install-package.ts';
import type { Benchmark, Candidate, Measured } from '../benchmark.ts';
import { buildsOf, compareBuilds } from '../compare-builds.ts';
import { cpuSince, cpuTimes } from '../cpu-time.ts';
import { runApart } from '../load/run-apart.ts';
import type { HttpLoadResult } from '../load/run-http-load.ts';
import { median, percentile } from '../statistics.ts';
import { onStage } from './on-stage.ts';
import {
  LAUREL,
  NEST,
  type ProxyContext,
  type RunningProxy,
  startGateway,
  startRivals,
  tokenOf,
} from './proxies.ts';

const CONNECTIONS = 64;
const PATH = '/v1/claims?limit=20';
const RoutingTable = z.object({ routes: z.array(z.looseObject({ rateLimit: z.unknown().optional() })) });
const LOAD = join(import.meta.dirname, '..', 'load', 'run-http-load.ts');
const UPSTREAM = join(import.meta.dirname, 'upstream-process.ts');

/** Requests through this gateway and others, each on one core; the upstream and the load run on another. */
export const gateway: Benchmark = {
  name: 'gateway',
  summary: `GETs with a token through gateways on one core, ${CONNECTIONS} connections`,
  plans: {
    quick: { rounds: 3, roundMs: 3_000, warmUpMs: 3_000 },
    thorough: { rounds: 5, roundMs: 10_000, warmUpMs: 8_000 },
  },
  canCompare: true,
  prepare: ({ against }) =>
    onStage(UPSTREAM, async (context) => {
      const { stage, mint } = context;
      if (!stage.isPinned) printError('There is no taskset, or one core only: nothing is pinned.');
      const redis = await stage.startRedis();
      const proxies = [...(await startBuilds(context, redis.url, against))];
      if (against === undefined) proxies.push(...(await startRivals(context, printError)));
      const tokens = Array.from({ length: CONNECTIONS }, (_, i) => tokenOf(mint, `acc_${i}`));
      const failed = new Map<string, number>();
      return {
        processes: [{ name: 'redis', pid: redis.pid }],
        candidates: proxies.map((proxy) => candidateOf(proxy, tokens, failed)),
        verify: async () => {
          if (failed.size > 0) throw new Error(`not answered with 200: ${JSON.stringify([...failed])}`);
        },
      };
    }),
  conclude: (measured) => [
    ...compareBuilds(measured, ['requests/s', 'p50 ms', 'p99 ms', 'CPU µs/request']),
    ...compareWithRivals(measured),
  ],
};

/** Each build with the limits of its routing table and without. */
async function startBuilds(
  context: ProxyContext,
  redisUrl: string,
  against: string | undefined,
): Promise<RunningProxy[]> {
  const builds = buildsOf(against);
  const proxies: RunningProxy[] = [];
  for (const { checkout, suffix } of builds) {
    const directory = join(checkout, 'api-gateway');
    await installPackage(directory);
    proxies.push(await startGateway(context, directory, { REDIS_URL: redisUrl }, `${LAUREL}${suffix}`));
  }
  for (const [index, { checkout, suffix }] of builds.entries()) {
    const directory = join(checkout, 'api-gateway');
    const routes = join(context.stage.directory, `routes-${index}.yaml`);
    await writeUnlimitedRoutes(directory, routes);
    const name = `${LAUREL} without the rate limit${suffix}`;
    proxies.push(await startGateway(context, directory, { ROUTES_FILE: routes }, name));
  }
  return proxies;
}

/** The requirement against NestJS, and the other gateways. */
function compareWithRivals(measured: readonly Measured[]): string[] {
  if (!measured.some(({ candidate }) => candidate === LAUREL)) return [];
  return measured
    .filter(({ candidate }) => candidate !== LAUREL)
    .map(({ candidate }) => {
      const rate = of(measured, LAUREL, 'requests/s') / of(measured, candidate, 'requests/s');
      const p99 = of(measured, LAUREL, 'p99 ms') / of(measured, candidate, 'p99 ms');
      const aim = candidate === NEST ? ' (wanted: at least 2.5 times, at a lower p99)' : '';
      return `${LAUREL} has ${rate.toFixed(2)} times the requests/s of ${candidate}, and ${p99.toFixed(2)} times its p99${aim}`;
    });
}

/** The gateway's own routing table without its limits. */
async function writeUnlimitedRoutes(directory: string, file: string): Promise<void> {
  const { routes } = RoutingTable.parse(parse(await readFile(join(directory, 'routes.yaml'), 'utf8')));
  await writeFile(file, stringify({ routes: routes.map(({ rateLimit: _held, ...route }) => route) }));
}

function candidateOf(
  { name, port, pid }: RunningProxy,
  tokens: string[],
  failed: Map<string, number>,
): Candidate {
  return {
    name,
    prepare: async (durationMs) => async () => {
      const before = await cpuTimes([{ name, pid }]);
      const load = await runApart<HttpLoadResult>(LOAD, {
        url: `http://127.0.0.1:${port}`,
        path: PATH,
        tokens,
        durationMs,
      });
      const seconds = cpuSince(before, await cpuTimes([{ name, pid }]))[name] ?? Number.NaN;
      if (load.failures > 0) failed.set(name, load.failures);
      return {
        'requests/s': load.answers / (load.elapsedMs / 1_000),
        'p50 ms': percentile(load.latenciesMs, 0.5),
        'p99 ms': percentile(load.latenciesMs, 0.99),
        'CPU µs/request': (seconds * 1e6) / load.answers,
        '% of its core': (seconds * 1e5) / load.elapsedMs,
      };
    },
  };
}

function of(measured: readonly Measured[], candidate: string, name: string): number {
  const rounds = measured.find((one) => one.candidate === candidate)?.rounds ?? [];
  return median(rounds.map((figures) => figures[name] ?? Number.NaN));
}
