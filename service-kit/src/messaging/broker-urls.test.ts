import { describe, expect, it } from 'vitest';
import { parseEnv } from '../config/index.ts';
import { brokerUrls, brokerVariables } from './broker-urls.ts';

const read = (env: NodeJS.ProcessEnv): string[] => brokerUrls(parseEnv(env, brokerVariables(env)));

describe('brokerUrls', () => {
  it('lists the only node, or all nodes of a cluster', () => {
    expect(read({ RABBITMQ_URL: 'amqp://a' })).toEqual(['amqp://a']);
    expect(read({ RABBITMQ_URLS: 'amqp://a, amqps://b:5671/v' })).toEqual(['amqp://a', 'amqps://b:5671/v']);
  });

  it('prefers the cluster when both are set', () => {
    expect(read({ RABBITMQ_URL: 'amqp://a', RABBITMQ_URLS: 'amqp://b' })).toEqual(['amqp://b']);
  });

  it('refuses an environment without a broker, or with an invalid one, and shows no password', () => {
    expect(() => read({})).toThrow('RABBITMQ_URL');
    expect(() => read({ RABBITMQ_URLS: 'amqp://a,http://user:hidden@b' })).toThrow('RABBITMQ_URLS');
    expect(() => read({ RABBITMQ_URLS: 'amqp://a,http://user:hidden@b' })).not.toThrow('hidden');
  });
});
