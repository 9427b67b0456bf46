import { describe, expect, it } from 'vitest';
import { queuesFor, workQueuesIn } from './queues.ts';

const bindings = [
  { exchange: 'laurel.rewards', queue: 'auth-service.reward-requests', routingKey: 'reward.requested' },
  { exchange: 'laurel.rewards', queue: 'auth-service.reward-requests', routingKey: 'reward.cancelled' },
  { exchange: 'laurel.accounts', queue: 'game-event-service.account-events', routingKey: 'account.*' },
  { exchange: 'laurel.accounts', queue: 'everything', routingKey: '#' },
  { exchange: 'laurel.accounts', queue: 'amq.gen-1', routingKey: 'sessions.revoked' },
];

describe('queues', () => {
  it('that are bound and named are work queues', () => {
    expect(workQueuesIn(bindings)).toEqual([
      'auth-service.reward-requests',
      'everything',
      'game-event-service.account-events',
    ]);
  });

  it.each([
    ['laurel.rewards', 'reward.cancelled', ['auth-service.reward-requests']],
    ['laurel.rewards', 'reward.granted', []],
    ['laurel.accounts', 'account.registered', ['game-event-service.account-events', 'everything']],
    ['laurel.accounts', 'account.roles.changed', ['everything']],
    ['laurel.accounts', 'sessions.revoked', ['everything']],
  ])('take from %s with the key %s what their bindings say', (exchange, routingKey, queues) => {
    expect(queuesFor({ exchange, routingKey }, bindings)).toEqual(queues);
  });
});
