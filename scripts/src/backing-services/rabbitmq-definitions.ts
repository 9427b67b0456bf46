import { createHash, randomBytes } from 'node:crypto';
import { services } from '../repository/packages.ts';
import { type BrokerPasswords, brokerUsers } from './backing-services.ts';

export const VIRTUAL_HOST = 'laurel';

interface Permission {
  user: string;
  vhost: string;
  configure: string;
  write: string;
  read: string;
}

interface TopicPermission {
  user: string;
  vhost: string;
  exchange: string;
  write: string;
  read: string;
}

export interface Rights {
  permissions: Permission[];
  topic_permissions: TopicPermission[];
}

const ACTIVITY = { exchange: 'laurel.activity', write: '^activity\\.recorded$', read: '^$' };

/** The rights of each user of the broker: `service.json` gives those of a service. Game servers send activity alone. */
export async function readRights(): Promise<Rights> {
  const vhost = VIRTUAL_HOST;
  return {
    permissions: [
      { user: 'admin', vhost, configure: '.*', write: '.*', read: '.*' },
      ...services.map(({ name: user, broker: { configure, write, read } }) => {
        return { user, vhost, configure, write, read };
      }),
      { user: 'game-server', vhost, configure: '^$', write: '^laurel\\.activity$', read: '^$' },
    ],
    topic_permissions: [
      ...services.flatMap(({ name: user, broker }) =>
        broker.topics.map(({ exchange, write, read }) => ({ user, vhost, exchange, write, read })),
      ),
      { user: 'game-server', vhost, exchange: ACTIVITY.exchange, write: ACTIVITY.write, read: ACTIVITY.read },
    ],
  };
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
      password_hash: passwordHash(passwords[name] ?? ''),
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
