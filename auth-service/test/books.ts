import { expect } from 'vitest';
import type { System } from './system.ts';

/** What an account has of an asset. */
export async function balanceOf(system: System, accountId: string, asset = 'gold'): Promise<number> {
  const [balance] = await system.db.collection('balances').find({ accountId, asset }).toArray();
  return Number(balance?.['quantity'] ?? 0);
}

/** Invariant I4. */
export async function expectBalanceToBeSumOfLedger(system: System, accountId: string): Promise<void> {
  const entries = await system.db
    .collection('ledger')
    .find({ accountId, asset: 'gold' })
    .sort({ sequence: 1 })
    .toArray();
  let sum = 0;
  for (const [index, entry] of entries.entries()) {
    sum += Number(entry['quantity']);
    expect([entry['balanceAfter'], entry['sequence']]).toEqual([sum, index + 1]);
  }
  expect(await balanceOf(system, accountId)).toBe(sum);
}
