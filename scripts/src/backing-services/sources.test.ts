import { describe, expect, it, vi } from 'vitest';
import { UserError } from '../console/user-error.ts';
import { findSource, type Machine } from './sources.ts';

const nothing: Machine = {
  env: {},
  findBinary: async () => undefined,
  composeAnswers: async () => false,
  cachedMongod: async () => undefined,
  downloadMongod: async () => ({ path: '/cache/mongod', said: '/cache/mongod, downloaded' }),
  aptProblem: async () => 'this machine has no apt-get to install it with',
  aptInstall: async () => {},
};
const everything: Machine = {
  env: {
    MONGODB_URL: 'mongodb://elsewhere',
    REDIS_URL: 'redis://elsewhere',
    RABBITMQ_URL: 'amqp://elsewhere',
  },
  findBinary: async (name) => `/usr/bin/${name}`,
  composeAnswers: async () => true,
  cachedMongod: async () => '/cache/mongod',
  downloadMongod: nothing.downloadMongod,
  aptProblem: async () => undefined,
  aptInstall: async () => {},
};

describe('a backing service is taken', () => {
  it('from the URL in the environment before anything else', async () => {
    expect(await findSource('redis', { useUrls: true }, everything)).toEqual({
      kind: 'url',
      url: 'redis://elsewhere',
      said: 'REDIS_URL of the environment',
    });
  });

  it('never from a URL where it must be a private one', async () => {
    expect(await findSource('redis', { useUrls: false }, everything)).toMatchObject({ kind: 'binary' });
  });

  it('from a binary on PATH before Docker compose', async () => {
    const machine = { ...everything, env: {} };
    expect(await findSource('rabbitmq', { useUrls: true }, machine)).toMatchObject({
      path: '/usr/bin/rabbitmq',
    });
  });

  it('from Docker compose before anything is installed', async () => {
    const machine = { ...everything, env: {}, findBinary: nothing.findBinary };
    expect(await findSource('redis', { useUrls: true }, machine)).toEqual({
      kind: 'compose',
      said: 'Docker compose',
    });
  });

  it('from an earlier download before Docker compose, so that the data stays readable', async () => {
    const machine = { ...everything, env: {}, findBinary: nothing.findBinary };
    expect(await findSource('mongodb', { useUrls: true }, machine)).toMatchObject({ path: '/cache/mongod' });
  });

  it('from a download when MongoDB is nowhere', async () => {
    expect(await findSource('mongodb', { useUrls: true }, nothing)).toMatchObject({ path: '/cache/mongod' });
  });

  it('from apt-get when nothing else is there, and it says so', async () => {
    const aptInstall = vi.fn<Machine['aptInstall']>(async () => {});
    const findBinary = async () => (aptInstall.mock.calls.length > 0 ? '/usr/bin/redis-server' : undefined);
    const machine = { ...nothing, aptProblem: async () => undefined, aptInstall, findBinary };
    const source = await findSource('redis', { useUrls: true }, machine);
    expect(aptInstall).toHaveBeenCalledExactlyOnceWith(['redis-server']);
    expect(source).toMatchObject({
      path: '/usr/bin/redis-server',
      said: '/usr/bin/redis-server, installed by apt-get',
    });
  });
});

it('a machine that offers nothing gets one sentence that names what to install', async () => {
  const error = new UserError(
    'rabbitmq-server was not found and this machine has no apt-get to install it with: install rabbitmq-server (or Docker with compose), or set RABBITMQ_URL, and run this again.',
  );
  await expect(findSource('rabbitmq', { useUrls: true }, nothing)).rejects.toThrow(error);
});
