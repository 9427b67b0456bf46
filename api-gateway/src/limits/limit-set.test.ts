import { expect, it } from 'vitest';
import { createLimitMemory, LimitSet } from './limit-set.ts';
import type { SharedBuckets } from './shared-buckets.ts';

const account = { by: 'account', limit: 1, windowSeconds: 60 } as const;
const client = { ...account, by: 'client' } as const;
const address = { ...account, by: 'address', limit: 2 } as const;

/** The calls of a set to Redis. */
function recorder() {
  const calls: (readonly string[])[] = [];
  const shared: SharedBuckets = {
    take: async (keys) => {
      calls.push(keys);
      return keys.map(() => ({ allowed: true, remaining: 1, nextInMs: 1 }));
    },
  };
  return { calls, shared };
}

it('limits that count one request are one call, in one slot of a cluster', async () => {
  const { calls, shared } = recorder();
  await new LimitSet({ shared, memory: createLimitMemory(), name: 'claims', rules: [account, address] }).take(
    ({ by }) => `a-${by}`,
  );
  expect(calls).toEqual([['rate:{claims}:account:a-account', 'rate:{claims}:address:a-address']]);
});

it('limits that never count one request are spread over a cluster', async () => {
  const { calls, shared } = recorder();
  const set = new LimitSet({ shared, memory: createLimitMemory(), name: 'reads', rules: [account, client] });
  await set.take(({ by }) => (by === 'client' ? 'cli_1' : undefined));
  expect(calls).toEqual([['rate:reads:client:cli_1']]);
});

it('a limit that does not count the caller makes no call', async () => {
  const { calls, shared } = recorder();
  expect(
    await new LimitSet({ shared, memory: createLimitMemory(), name: 'reads', rules: [account] }).take(
      () => undefined,
    ),
  ).toEqual([]);
  expect(calls).toEqual([]);
});

it('a limit that a reload has replaced refuses no requests', async () => {
  const memory = createLimitMemory();
  const set = (limit: number) =>
    new LimitSet({ shared: undefined, memory, name: 'reads', rules: [{ ...account, limit }] });
  const before = set(1);
  const allowed = async (limits: LimitSet) => (await limits.take(() => 'acc_1'))[0]?.taken.allowed;
  expect([await allowed(before), await allowed(before)]).toEqual([true, false]);
  expect(await allowed(set(5))).toBe(true);
});
