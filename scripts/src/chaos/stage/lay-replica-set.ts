import type { ReplicaSetMember } from '../../backing-services/mongod-replica-set.ts';
import { freePort } from '../../processes/ports.ts';
import { Link } from '../links/link.ts';

const MEMBERS = 3;

/**
 * A driver leaves the addresses that it was given for those that the members have in the set's configuration, so a
 * link of each client alone would be by-passed. Instead every member is known, to clients and to the other members,
 * by the address of one link: a fault there is a fault of that member's network.
 */
export async function layReplicaSet(): Promise<{ members: ReplicaSetMember[]; links: Link[] }> {
  const members: ReplicaSetMember[] = [];
  const links: Link[] = [];
  for (let number = 1; number <= MEMBERS; number += 1) {
    const port = await freePort();
    const link = await Link.open({
      name: `all → mongodb-${number}`,
      port: await freePort(),
      target: port,
    });
    links.push(link);
    members.push({ port, host: `127.0.0.1:${link.port}` });
  }
  return { members, links };
}
