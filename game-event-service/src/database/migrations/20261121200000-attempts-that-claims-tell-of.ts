import type { Db } from 'mongodb';

const BATCH = 1_000;

// Earlier every attempt was stored. Now a claim shows its first attempt itself until it is tried again.

export async function up(db: Db): Promise<void> {
  const attempts = db.collection<{ _id: string }>('claimAttempts');
  const told = attempts.aggregate<{ _id: string }>(
    [
      { $match: { _id: /\.1$/ } },
      { $lookup: { from: 'claims', localField: 'claimId', foreignField: '_id', as: 'claims' } },
      { $match: { 'claims.attempt': 1 } },
      { $project: { _id: 1 } },
    ],
    { batchSize: BATCH },
  );
  let ids: string[] = [];
  for await (const { _id } of told) {
    ids.push(_id);
    if (ids.length < BATCH) continue;
    await attempts.deleteMany({ _id: { $in: ids } });
    ids = [];
  }
  await attempts.deleteMany({ _id: { $in: ids } });
}
