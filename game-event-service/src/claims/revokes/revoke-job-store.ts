import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import type { RevokeJob, RevokeResults } from './revoke-job.ts';

interface JobDocument extends Omit<RevokeJob, 'id'> {
  _id: string;
}

/** Apart from the job, so that asking for revokes and settling them do not fight over one document. */
interface ResultsDocument extends RevokeResults {
  _id: string;
}

export interface RevokeJobStore {
  insert(job: RevokeJob, session: ClientSession): Promise<void>;
  find(id: string): Promise<{ job: RevokeJob; results: RevokeResults } | undefined>;
  /** Jobs whose next batch is due. */
  findDue(now: Date, limit: number): Promise<RevokeJob[]>;
  /**
   * Stores how far a job has come.
   *
   * @returns false when another has made its next step meanwhile
   */
  advance(job: RevokeJob, session: ClientSession): Promise<boolean>;
  /** Adds what was decided to the results of jobs, by their id. */
  countResults(byJob: ReadonlyMap<string, RevokeResults>, session: ClientSession): Promise<void>;
}

export const revokeJobIndexes: IndexSpec[] = [
  { collection: 'revokeJobs', indexes: [{ key: { nextAt: 1 }, sparse: true }] },
  { collection: 'revokeJobResults', indexes: [] },
];

export function createRevokeJobStore(db: Db): RevokeJobStore {
  const jobs = db.collection<JobDocument>('revokeJobs');
  const results = db.collection<ResultsDocument>('revokeJobResults');

  return {
    insert: async ({ id, ...fields }, session) => {
      await jobs.insertOne({ _id: id, ...fields }, { session });
    },
    find: async (id) => {
      // Results first: read later they could hold more than the job has asked for.
      const { revoked = 0, refused = 0 } = (await results.findOne({ _id: id })) ?? {};
      const found = await jobs.findOne({ _id: id });
      return found ? { job: fromDocument(found), results: { revoked, refused } } : undefined;
    },
    findDue: async (now, limit) => {
      const found = await jobs
        .find({ nextAt: { $lte: now } })
        .sort({ nextAt: 1 })
        .limit(limit)
        .toArray();
      return found.map(fromDocument);
    },
    advance: async ({ id, steps, ...fields }, session) => {
      const { matchedCount } = await jobs.replaceOne(
        { _id: id, steps: steps - 1 },
        { steps, ...fields },
        { session },
      );
      return matchedCount === 1;
    },
    countResults: async (byJob, session) => {
      await results.bulkWrite(
        [...byJob].map(([_id, counts]) => ({
          updateOne: { filter: { _id }, update: { $inc: { ...counts } }, upsert: true },
        })),
        { session },
      );
    },
  };
}

function fromDocument({ _id, ...fields }: JobDocument): RevokeJob {
  return { id: _id, ...fields };
}
