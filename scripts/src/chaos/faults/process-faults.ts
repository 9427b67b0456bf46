import { type Db, MongoClient } from 'mongodb';
import { signalGroup } from '../../processes/managed-process.ts';
import type { Server } from '../../processes/server.ts';
import { PRIMARY, SECONDARY } from './catalogue.ts';
import type { ApplyFault, FaultWorld } from './world.ts';

/** SIGKILL; undone by a start on the same data. */
export const kill: ApplyFault = async ({ target }, world) => {
  const server = await serverFor(target, world);
  await server.kill();
  return { met: server.name, undo: () => world.chaos.revival.revive(server) };
};

/** SIGSTOP: it holds its connections and its locks, and says nothing. */
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

/** The process in this role, or of this name. */
async function serverFor(target: string, { chaos, broker }: FaultWorld): Promise<Server> {
  if (target === PRIMARY || target === SECONDARY)
    return memberInRole(target, chaos.system.backing.mongodb.servers);
  return broker.nodes.find(({ name }) => name === target) ?? chaos.system.server(target);
}

async function memberInRole(role: string, members: readonly Server[]): Promise<Server> {
  const running = members.filter(({ pid }) => pid !== undefined);
  const primaries = await Promise.all(running.map(isPrimary));
  const found = running.find((_, index) => primaries[index] === (role === PRIMARY)) ?? running[0];
  if (!found) throw new Error('no member of the replica set is running');
  return found;
}

async function isPrimary(member: Server): Promise<boolean> {
  try {
    return await withMember(
      member,
      async (admin) => (await admin.command({ hello: 1 }))['isWritablePrimary'] === true,
    );
  } catch {
    return false;
  }
}

async function withMember<Result>(member: Server, work: (admin: Db) => Promise<Result>): Promise<Result> {
  const client = new MongoClient(`mongodb://127.0.0.1:${member.port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
  });
  try {
    return await work(client.db('admin'));
  } finally {
    await client.close();
  }
}
