import { type Db, MongoClient } from 'mongodb';
import type { Server } from '../../processes/server.ts';
import { PRIMARY, SECONDARY } from './catalogue.ts';
import type { FaultWorld } from './world.ts';

/** The process in this role, or of this name. */
export async function serverFor(target: string, { chaos, broker }: FaultWorld): Promise<Server> {
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

/** Connects to this member only. */
export async function withMember<Result>(
  member: Server,
  work: (admin: Db) => Promise<Result>,
): Promise<Result> {
  const client = new MongoClient(`mongodb://127.0.0.1:${member.port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
  });
  try {
    return await work(client.db('admin'));
  } finally {
    await client.close();
  }
}
