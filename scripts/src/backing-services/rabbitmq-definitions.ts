import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { repositoryRoot } from '../repository/packages.ts';
import { type BrokerPasswords, brokerUsers } from './backing-services.ts';

export const VIRTUAL_HOST = 'laurel';

const Permission = z.object({
  user: z.string(),
  vhost: z.string(),
  configure: z.string(),
  write: z.string(),
  read: z.string(),
});

const Rights = z.object({
  permissions: z.array(Permission),
  topic_permissions: z.array(
    z.object({
      user: z.string(),
      vhost: z.string(),
      exchange: z.string(),
      write: z.string(),
      read: z.string(),
    }),
  ),
});
export type Rights = z.infer<typeof Rights>;

/** What each user of the broker may do: the same as in containers. */
export async function readRights(): Promise<Rights> {
  const file = join(repositoryRoot, 'infra', 'rabbitmq', 'definitions.json');
  return Rights.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** What RabbitMQ loads at start. With users in it, RabbitMQ makes no guest user. */
export function rabbitmqDefinitions(
  rights: Rights,
  passwords: BrokerPasswords,
  virtualHosts: readonly string[],
): object {
  const all = { configure: '.*', write: '.*', read: '.*' };
  const others = virtualHosts.filter((vhost) => vhost !== VIRTUAL_HOST);
  return {
    vhosts: virtualHosts.map((name) => ({ name })),
    users: brokerUsers.map((name) => ({
      name,
      password_hash: passwordHash(passwords[name]),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: name === 'admin' ? ['administrator'] : [],
    })),
    permissions: [
      ...rights.permissions,
      ...others.map((vhost) => Object.assign({ user: 'admin', vhost }, all)),
    ],
    topic_permissions: rights.topic_permissions,
    parameters: [],
    policies: [],
    queues: [],
    exchanges: [],
    bindings: [],
  };
}

/** RabbitMQ's own scheme: a salt of four bytes, then SHA-256 of salt and password (rabbitmq.com/docs/passwords). */
export function passwordHash(password: string, salt: Buffer = randomBytes(4)): string {
  const digest = createHash('sha256').update(salt).update(password, 'utf8').digest();
  return Buffer.concat([salt, digest]).toString('base64');
}
