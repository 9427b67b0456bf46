import { signalGroup } from '../../processes/managed-process.ts';
import { PRIMARY } from './catalogue.ts';
import { serverFor, withMember } from './server-for.ts';
import type { ApplyFault } from './world.ts';

/** SIGKILL; undone by a start on the same data. */
export const kill: ApplyFault = async ({ target }, world) => {
  const server = await serverFor(target, world);
  await server.kill();
  return { met: server.name, undo: () => world.chaos.revival.revive(server) };
};

/** SIGSTOP: the process keeps its connections and locks, and answers nothing. */
export const pause: ApplyFault = async ({ target }, world) => {
  const server = await serverFor(target, world);
  const { pid } = server;
  if (pid === undefined) throw new Error(`${server.name} is not running`);
  signalGroup(pid, 'SIGSTOP');
  return { met: server.name, undo: async () => signalGroup(pid, 'SIGCONT') };
};

/** SIGTERM, and a new start when it has ended. */
export const restart: ApplyFault = async ({ target }, world) => {
  const server = await serverFor(target, world);
  await server.stop();
  return { met: server.name, undo: () => world.chaos.revival.revive(server) };
};

/** Another clock for one process: Node is told to load a shifted `Date` before anything else. */
export const clockSkew: ApplyFault = async ({ target, amount }, world) => {
  const { revival, further } = world.chaos;
  const server = await serverFor(target, world);
  const startAgain = async (env: Record<string, string>): Promise<void> => {
    further.set(server.name, env);
    await server.stop();
    await revival.revive(server);
  };
  await startAgain({ NODE_OPTIONS: `--import=${shiftedClock(amount)}` });
  return { met: server.name, undo: () => startAgain({}) };
};

export const stepDown: ApplyFault = async (_, world) => {
  const server = await serverFor(PRIMARY, world);
  await withMember(server, async (admin) => {
    await admin.command({ replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 });
  });
  return { met: server.name };
};

function shiftedClock(ms: number): string {
  const program = `const RealDate = Date; const shift = ${ms};
globalThis.Date = class Date extends RealDate {
  constructor(...args) { if (args.length === 0) super(RealDate.now() + shift); else super(...args); }
  static now() { return RealDate.now() + shift; }
};`;
  return `data:text/javascript,${encodeURIComponent(program)}`;
}
