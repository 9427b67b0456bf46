import type { Db, MongoClient } from 'mongodb';

// The stock of a reward was divided into up to eight documents, `id` and `id:1` to `id:7`. Now it is one.

interface Share {
  _id: string;
  total: number | null;
  taken: number;
}

export async function up(db: Db, client: MongoClient): Promise<void> {
  const stocks = db.collection<Share>('rewardStock');
  const others = await stocks.distinct('_id', { _id: /:\d+$/ });
  const rewardIds = new Set(others.map((id) => id.slice(0, id.lastIndexOf(':'))));
  for (const rewardId of rewardIds) {
    // Instances of the version before may take units meanwhile. A conflict runs the transaction again.
    await client.withSession((session) =>
      session.withTransaction(
        async () => {
          const ids = [rewardId, ...Array.from({ length: 7 }, (_, index) => `${rewardId}:${index + 1}`)];
          const shares = await stocks.find({ _id: { $in: ids } }, { session }).toArray();
          const isUnlimited = shares.some(({ total }) => total === null);
          const total = isUnlimited ? null : shares.reduce((sum, share) => sum + (share.total ?? 0), 0);
          const taken = shares.reduce((sum, share) => sum + share.taken, 0);
          await stocks.updateOne({ _id: rewardId }, { $set: { total, taken } }, { session });
          await stocks.deleteMany({ _id: { $in: ids.slice(1) } }, { session });
        },
        { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } },
      ),
    );
  }
}
