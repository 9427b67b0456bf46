import type { Db } from 'mongodb';
import { vi } from 'vitest';
import { createClaimStore } from '../../src/claims/claim-store.ts';
import { claimIdOf, grantIdOf, type Claim } from '../../src/claims/claim.ts';

const BATCH = 5_000;

/** Stores so many granted claims of an event, a second apart, with an asset of so many characters. */
export async function storeClaims(
  db: Db,
  { eventId, count, assetLength = 4 }: { eventId: string; count: number; assetLength?: number },
): Promise<void> {
  const claims = createClaimStore(db);
  const first = Date.UTC(2026, 0, 1);
  const claimAt = (index: number): Claim => {
    const at = new Date(first + index * 1_000);
    const accountId = `acc_${index}`;
    const id = claimIdOf(eventId, 'rwd_1', accountId, 'once');
    return {
      id,
      eventId,
      eventVersion: 2,
      rewardId: 'rwd_1',
      accountId,
      period: 'once',
      status: 'granted',
      attempt: 1,
      grantId: grantIdOf(id, 1),
      reward: { kind: 'currency', asset: 'g'.repeat(assetLength), quantity: 1 },
      caps: [],
      ledgerEntryId: `led_${index}`,
      createdAt: at,
      completedAt: at,
    };
  };
  await db.client.withSession(async (session) => {
    for (let stored = 0; stored < count; stored += BATCH) {
      const size = Math.min(BATCH, count - stored);
      await claims.insertAll(
        Array.from({ length: size }, (_, index) => claimAt(stored + index)),
        session,
      );
    }
  });
}

interface OpenCursor {
  cursor: { nDocsReturned: number };
}

/** Those of the database's claims that are open and that nobody is reading at the moment. */
export async function idleCursors(db: Db): Promise<OpenCursor[]> {
  const stages = [
    { $currentOp: { idleCursors: true, allUsers: true } },
    { $match: { ns: `${db.databaseName}.claims`, type: 'idleCursor' } },
  ];
  return db.client.db('admin').aggregate<OpenCursor>(stages).toArray();
}

/** @returns how many claims the one open cursor has given, once it gives no more */
export async function docsReadBeforeStanding(db: Db): Promise<number> {
  let before = -1;
  return vi.waitFor(
    async () => {
      const [open] = await idleCursors(db);
      const [last, now] = [before, open?.cursor.nDocsReturned ?? -1];
      before = now;
      if (now < 0 || now !== last) throw new Error('no cursor stands still');
      return now;
    },
    { timeout: 20_000, interval: 250 },
  );
}
