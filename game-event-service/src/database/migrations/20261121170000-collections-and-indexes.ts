import type { Db, IndexDescription } from 'mongodb';

// The schema from before migrations were kept. It does no harm to a database that has it.

const INDEXES: Record<string, IndexDescription[]> = {
  events: [
    { key: { createdAt: -1, _id: -1 } },
    { key: { status: 1, createdAt: -1, _id: -1 } },
    { key: { status: 1, endsAt: 1 } },
    { key: { status: 1, startsAt: 1, version: 1, rewardsVersion: 1, _id: 1 } },
    { key: { status: 1, endedAt: 1, version: 1, rewardsVersion: 1, _id: 1 } },
  ],
  eventVersions: [{ key: { eventId: 1, version: -1 } }],
  rewards: [{ key: { eventId: 1, createdAt: 1, _id: 1 } }],
  claims: [
    { key: { accountId: 1, createdAt: -1, _id: -1 } },
    // These hold claims alone that wait for the ledger: `waiting` goes when it has decided.
    { key: { 'waiting.lookAt': 1 }, partialFilterExpression: { 'waiting.lookAt': { $exists: true } } },
    {
      key: { 'waiting.stuckSince': 1 },
      partialFilterExpression: { 'waiting.stuckSince': { $exists: true } },
    },
  ],
  invites: [{ key: { inviterId: 1, createdAt: -1, _id: -1 } }],
  activity: [{ key: { accountId: 1, at: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
  rejectedActivity: [{ key: { client: 1, at: -1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
};

/**
 * They have no index but the one on `_id`. Left to the first write they would be made inside a transaction, where
 * several at the same time get in each other's way.
 */
const COLLECTIONS = [
  'rewardStock',
  'rewardGrants',
  'claimCaps',
  'progress',
  'accounts',
  'inviteParticipants',
  'eventStats',
];

export async function up(db: Db): Promise<void> {
  const known = new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name));
  for (const name of COLLECTIONS) if (!known.has(name)) await db.createCollection(name);
  for (const [name, indexes] of Object.entries(INDEXES)) await db.collection(name).createIndexes(indexes);
}
