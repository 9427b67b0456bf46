import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Benchmark, Figures } from '../benchmark.ts';
import { runApart } from '../load/run-apart.ts';
import { onStage } from './on-stage.ts';
import { type ProxyContext, startGateway, tokenOf } from './proxies.ts';
import type { StreamPlan, StreamResult } from './stream-client-process.ts';

const UPSTREAM = join(import.meta.dirname, 'stream-upstream-process.ts');
const CLIENT = join(import.meta.dirname, 'stream-client-process.ts');
const WEB_SOCKETS = 5_000;
const EVENT_STREAMS = 2_000;
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
  summary: `${WEB_SOCKETS} idle WebSockets, and ${EVENT_STREAMS} event streams beside them, through one process of the gateway`,
  plans: {
    quick: { rounds: 1, roundMs: 0, warmUpMs: 0 },
    thorough: { rounds: 3, roundMs: 0, warmUpMs: 0 },
  },
  prepare: () =>
    onStage(UPSTREAM, async (context) => {
      const routes = join(context.stage.directory, 'routes.yaml');
      await writeFile(routes, ROUTES);
      let silent = 0;
      return {
        processes: [],
        candidates: [
          {
            name: 'idle streams',
            prepare: async () => async () => {
              const { beats, ...figures } = await measure(context, routes);
              silent += WEB_SOCKETS + EVENT_STREAMS - beats;
              return figures;
            },
          },
        ],
        verify: async () => {
          if (silent > 0) throw new Error(`through ${silent} streams no heartbeat came`);
        },
      };
    }),
};

/** In a process of its own each time, because memory that was freed is used again and would not be seen. */
async function measure(context: ProxyContext, routes: string): Promise<Figures & { beats: number }> {
  const { stage, upstreamPort, mint } = context;
  const settings = {
    ROUTES_FILE: routes,
    CONNECTIONS_PER_ADDRESS: '100000',
    UPSTREAM_PERCENT_PER_ADDRESS: '100',
  };
  const { port, adminPort = 0, pid } = await startGateway(context, settings);
  const plan: StreamPlan = {
    port,
    adminPort,
    upstreamPort,
    path: PATH,
    token: tokenOf(mint, 'acc_1'),
    webSockets: WEB_SOCKETS,
    eventStreams: EVENT_STREAMS,
  };
  const { beats, beatMs, resident } = await runApart<StreamResult>(CLIENT, plan);
  await stage.stopProxy(pid);
  const [bare, withWebSockets, withAll] = resident;
  return {
    beats,
    'streams held': WEB_SOCKETS + EVENT_STREAMS,
    'KiB/WebSocket': (withWebSockets - bare) / WEB_SOCKETS / 1_024,
    'KiB/event stream': (withAll - withWebSockets) / EVENT_STREAMS / 1_024,
    'MiB in all': withAll / 1_048_576,
    'heartbeat through all ms': beatMs,
  };
}
