import { describe, expect, it } from 'vitest';
import { parseEnv } from '../config/index.ts';
import { consumerTuning, consumerVariables, outboxVariables } from './tuning.ts';

const PREFIXES = ['REWARD_REQUESTS', 'ACCOUNT_EVENTS'];
const tune = (env: NodeJS.ProcessEnv, prefix = 'REWARD_REQUESTS') =>
  consumerTuning(parseEnv(env, consumerVariables(PREFIXES)), prefix);

describe('consumerTuning', () => {
  it('has a default for each setting', () => {
    expect(tune({})).toEqual({
      prefetch: 'auto',
      consumers: 1,
      batchSize: 200,
      batchLingerMs: 5,
      retryDelays: [
        { label: '5s', ms: 5_000 },
        { label: '30s', ms: 30_000 },
        { label: '2m', ms: 120_000 },
        { label: '10m', ms: 600_000 },
      ],
      queueType: 'quorum',
      deliveryLimit: 20,
    });
  });

  it('uses the general variable for all queues, and prefers the prefixed one', () => {
    const env = { PREFETCH: '10', REWARD_REQUESTS_PREFETCH: '500', RETRY_DELAYS: '1s,1m' };
    expect(tune(env)).toMatchObject({ prefetch: 500 });
    expect(tune(env, 'ACCOUNT_EVENTS')).toMatchObject({
      prefetch: 10,
      retryDelays: [
        { label: '1s', ms: 1_000 },
        { label: '1m', ms: 60_000 },
      ],
    });
  });

  it.each([
    ['REWARD_REQUESTS_PREFETCH', '0', 'auto, or a whole number from 1 to 2000'],
    ['REWARD_REQUESTS_PREFETCH', 'much', 'auto, or a whole number from 1 to 2000'],
    ['PREFETCH', '2001', 'auto, or a whole number from 1 to 2000'],
    ['CONSUMERS', '65', 'from 1 to 64'],
    ['BATCH_SIZE', '1.5', 'from 1 to 1000'],
    ['BATCH_LINGER_MS', '-1', 'from 0 to 1000'],
    ['RETRY_DELAYS', '5', 'durations separated by commas'],
    ['QUEUE_TYPE', 'stream', 'one of quorum, classic'],
    ['DELIVERY_LIMIT', '0', 'from 1 to 1000'],
  ])('refuses %s=%s and names the rule', (name, value, rule) => {
    const wrong = { variable: name, value, rule: expect.stringContaining(rule) as string };
    expect(() => tune({ [name]: value })).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining(wrong)] }) as Error,
    );
  });

  it('names every invalid variable', () => {
    const env = { PREFETCH: '-1', OUTBOX_WINDOW: '0', ACCOUNT_EVENTS_BATCH_SIZE: 'x' };
    const named = (variable: string) => expect.objectContaining({ variable }) as object;
    expect(() => parseEnv(env, { ...consumerVariables(PREFIXES), ...outboxVariables })).toThrow(
      expect.objectContaining({
        problems: ['PREFETCH', 'ACCOUNT_EVENTS_BATCH_SIZE', 'OUTBOX_WINDOW'].map(named),
      }) as Error,
    );
  });
});
