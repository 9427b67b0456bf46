import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { makeCredentials } from '../system/credentials.ts';
import { passwordHash, rabbitmqDefinitions, readRights } from './rabbitmq-definitions.ts';

const Definitions = z.object({
  vhosts: z.array(z.object({ name: z.string() })),
  users: z.array(z.object({ name: z.string(), password_hash: z.string(), tags: z.array(z.string()) })),
  permissions: z.array(
    z.object({
      user: z.string(),
      vhost: z.string(),
      configure: z.string(),
      write: z.string(),
      read: z.string(),
    }),
  ),
});

async function maySend(user: string, exchange: string, routingKey: string): Promise<boolean> {
  const { topic_permissions } = await readRights();
  const rights = topic_permissions.find((one) => one.user === user && one.exchange === exchange);
  return new RegExp(rights?.write ?? '(?!)').test(routingKey);
}

async function definitions(virtualHosts = ['laurel']) {
  const passwords = makeCredentials().rabbitmqPasswords;
  return Definitions.parse(rabbitmqDefinitions(await readRights(), passwords, virtualHosts));
}

async function mayDo(user: string, what: 'configure' | 'write' | 'read', name: string): Promise<boolean> {
  const { permissions } = await definitions();
  const rights = permissions.find((one) => one.user === user && one.vhost === 'laurel');
  return new RegExp(rights?.[what] ?? '(?!)').test(name);
}

it('there is no guest user, and only the admin is an administrator', async () => {
  const { users } = await definitions();
  expect(users.map(({ name }) => name)).not.toContain('guest');
  expect(users.filter(({ tags }) => tags.length > 0).map(({ name }) => name)).toEqual(['admin']);
});

it('no password stands in the definitions', async () => {
  const passwords = makeCredentials().rabbitmqPasswords;
  const text = JSON.stringify(rabbitmqDefinitions(await readRights(), passwords, ['laurel']));
  for (const password of Object.values(passwords)) expect(text).not.toContain(password);
});

it.each([
  ['auth-service', 'configure', 'auth-service.reward-requests.retry.5s', true],
  ['auth-service', 'configure', 'laurel.rewards', true],
  ['auth-service', 'configure', 'game-event-service.reward-results', false],
  ['auth-service', 'read', 'game-event-service.reward-results', false],
  ['auth-service', 'write', 'amq.default', true],
  ['game-event-service', 'configure', 'laurel.accounts', true],
  ['game-event-service', 'read', 'game-event-service.account-events', true],
  ['game-event-service', 'write', 'laurel.accounts', false],
  ['api-gateway', 'configure', 'amq.gen-JzTY20BRgKO', true],
  ['api-gateway', 'configure', 'laurel.accounts', true],
  ['api-gateway', 'configure', 'auth-service.reward-requests', false],
  ['api-gateway', 'read', 'laurel.accounts', true],
  ['api-gateway', 'read', 'laurel.rewards', false],
  ['api-gateway', 'read', 'auth-service.reward-requests', false],
  ['api-gateway', 'write', 'amq.gen-JzTY20BRgKO', true],
  ['api-gateway', 'write', 'laurel.activity', true],
  ['api-gateway', 'configure', 'laurel.activity', false],
  ['api-gateway', 'read', 'laurel.activity', false],
  ['api-gateway', 'write', 'laurel.accounts', false],
  ['api-gateway', 'write', 'laurel.rewards', false],
  ['api-gateway', 'write', 'amq.default', false],
  ['game-server', 'write', 'laurel.activity', true],
  ['game-server', 'write', 'amq.default', false],
  ['game-server', 'configure', 'laurel.activity', false],
  ['game-server', 'read', 'game-event-service.activity', false],
  ['game-server', 'write', 'laurel.rewards', false],
  ['game-event-service', 'configure', 'laurel.activity', true],
  ['game-event-service', 'read', 'laurel.activity', true],
  ['game-event-service', 'write', 'laurel.activity', false],
] as const)('%s: %s %s is %s', async (user, what, name, allowed) => {
  expect(await mayDo(user, what, name)).toBe(allowed);
});

it.each([
  ['auth-service', 'laurel.accounts', 'account.registered', true],
  ['auth-service', 'laurel.accounts', 'account.status-changed', true],
  ['auth-service', 'laurel.accounts', 'sessions.revoked', true],
  ['auth-service', 'laurel.rewards', 'reward.granted', true],
  ['auth-service', 'laurel.rewards', 'reward.requested', false],
  ['game-event-service', 'laurel.rewards', 'reward.requested', true],
  ['game-event-service', 'laurel.rewards', 'reward.granted', false],
  ['game-event-service', 'laurel.accounts', 'sessions.revoked', false],
  ['api-gateway', 'laurel.activity', 'activity.recorded', true],
  ['api-gateway', 'laurel.activity', 'activity.forgotten', false],
  ['game-server', 'laurel.activity', 'activity.recorded', true],
  ['game-server', 'laurel.activity', 'activity.forgotten', false],
] as const)('%s: to send to %s as %s is %s', async (user, exchange, routingKey, allowed) => {
  expect(await maySend(user, exchange, routingKey)).toBe(allowed);
});

it('in a virtual host for tests only the admin may do anything', async () => {
  const { permissions } = await definitions(['laurel', 'service-kit']);
  expect(permissions.filter(({ vhost }) => vhost === 'service-kit')).toEqual([
    { user: 'admin', vhost: 'service-kit', configure: '.*', write: '.*', read: '.*' },
  ]);
});

it('a password hash is the salt and the SHA-256 of salt and password', () => {
  const salt = Buffer.from('908dc60a', 'hex');
  const digest = createHash('sha256').update(salt).update('test12').digest('hex');
  expect(Buffer.from(passwordHash('test12', salt), 'base64').toString('hex')).toBe(`908dc60a${digest}`);
  // The worked example of rabbitmq.com/docs/passwords.
  expect(passwordHash('test12', salt)).toBe('kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR');
});
