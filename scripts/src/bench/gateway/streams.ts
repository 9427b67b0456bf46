import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageDirectory } from '../../repository/packages.ts';
import { installPackage } from '../../toolchain/install-package.ts';
import type { Benchmark, Candidate } from '../benchmark.ts';
import { runApart } from '../load/run-apart.ts';
import { startTokenMint } from '../token-mint.ts';
import { type RunningProxy, startGateway, tokenOf } from './proxies.ts';
import { ProxyStage } from './proxy-stage.ts';
import type { StreamPlan, StreamResult } from './stream-client-process.ts';

const UPSTREAM = join(import.meta.dirname, 'stream-upstream-process.ts');
const CLIENT = join(import.meta.dirname, 'stream-client-process.ts');
const PATH = '/stream';
const ROUTES = `routes:
  - name: stream
    match: { path: ${PATH} }
    target: { env: GAME_EVENT_SERVICE_URL }
    access: signed-in
    stream: true
`;

/** Idle streams that one process of the gateway holds, each shown to live at the end by a heartbeat. */
export const streams: Benchmark = {
  name: 'streams',
  summary: '5,000 idle WebSockets and 2,000 event streams through one process of the gateway',
  plans: {
    quick: { rounds: 1, roundMs: 0, warmUpMs: 0 },
    thorough: { rounds: 3, roundMs: 0, warmUpMs: 0 },
  },
  prepare: async () => {
    await installPackage(packageDirectory('api-gateway'));
    const stage = await ProxyStage.start();
    const mint = await startTokenMint();
    const stop = async (): Promise<void> => {
      await stage.stop();
      await mint.stop();
    };
    try {
      const { port: upstreamPort } = await stage.startUpstream(UPSTREAM);
      const routes = join(stage.directory, 'routes.yaml');
      await writeFile(routes, ROUTES);
      const settings = { ROUTES_FILE: routes, CONNECTIONS_PER_ADDRESS: '100000' };
      const gateway = await startGateway({ stage, upstreamPort, mint }, settings);
      const lost: string[] = [];
      const context = { gateway, upstreamPort, token: tokenOf(mint, 'acc_1'), lost };
      return {
        processes: [],
        candidates: [
          candidateOf('idle WebSockets', 'websocket', 5_000, context),
          candidateOf('idle event streams', 'events', 2_000, context),
        ],
        verify: async () => {
          if (lost.length > 0) throw new Error(lost.join('\n'));
        },
        stop,
      };
    } catch (error) {
      await stop();
      throw error;
    }
  },
};

interface StreamContext {
  gateway: RunningProxy;
  upstreamPort: number;
  token: string;
  lost: string[];
}

function candidateOf(
  name: string,
  kind: StreamPlan['kind'],
  count: number,
  { gateway: { port, adminPort = 0 }, upstreamPort, token, lost }: StreamContext,
): Candidate {
  return {
    name,
    prepare: async () => async () => {
      const plan: StreamPlan = { port, adminPort, upstreamPort, kind, path: PATH, token, count };
      const { held, beats, beatMs, before, after } = await runApart<StreamResult>(CLIENT, plan);
      if (beats < count) lost.push(`of ${count} ${name} ${count - beats} had no heartbeat`);
      return { held, 'KiB/stream': (after - before) / held / 1_024, 'heartbeat through all, ms': beatMs };
    },
  };
}
