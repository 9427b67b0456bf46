import type { Db, IndexDescription } from 'mongodb';

const INDEXES: Record<string, IndexDescription[]> = {
  claims: [{ key: { eventId: 1, createdAt: -1, _id: -1 } }, { key: { createdAt: -1, _id: -1 } }],
  claimAttempts: [
    { key: { accountId: 1, createdAt: -1, _id: -1 } },
    { key: { eventId: 1, createdAt: -1, _id: -1 } },
    { key: { createdAt: -1, _id: -1 } },
    { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  ],
  claimPrompts: [{ key: { lookAt: 1 } }],
  couponCodes: [{ key: { rewardId: 1, position: 1 }, unique: true }],
  couponPools: [{ key: { isRemoved: 1 }, partialFilterExpression: { isRemoved: true } }],
  revokeJobs: [{ key: { nextAt: 1 }, sparse: true }],
};

export async function up(db: Db): Promise<void> {
  for (const [name, indexes] of Object.entries(INDEXES)) await db.collection(name).createIndexes(indexes);
  const known = await db.listCollections({ name: 'revokeJobResults' }, { nameOnly: true }).toArray();
  if (known.length === 0) await db.createCollection('revokeJobResults');
}
