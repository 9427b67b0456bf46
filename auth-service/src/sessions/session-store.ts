import type { ClientSession, Collection, Db, Filter, WithId } from 'mongodb';
import { hashOf, type RefreshToken } from './refresh-token.ts';
import type { Origin, RevocationReason, Session } from './session.ts';

type SessionDocument = Omit<Session, 'id'> & { _id: string };

export interface Rotation {
  presented: RefreshToken;
  successor: RefreshToken;
  origin: Origin;
  now: Date;
  expiresAt: Date;
}

/** The last session of a page, after which the next begins. */
export interface SessionPosition {
  createdAt: Date;
  id: string;
}

export interface SessionStore {
  ensureIndexes(): Promise<void>;
  insert(session: Session, transaction: ClientSession): Promise<void>;
  /**
   * Makes the successor the head, if the presented token is the head of a live session: one compare-and-swap, so
   * that of all who present it at the same time one succeeds.
   *
   * @returns the session as it is afterwards; undefined when nothing was rotated
   */
  rotate(rotation: Rotation): Promise<Session | undefined>;
  /** What is read here is durable: a rotation that it shows will not be undone by an election. */
  findDurable(id: string): Promise<Session | undefined>;
  find(id: string): Promise<Session | undefined>;
  /** Live sessions, newest first. */
  listLive(
    accountId: string,
    now: Date,
    after: SessionPosition | undefined,
    limit: number,
  ): Promise<Session[]>;
  /** All that are kept, the dead as well, newest first. */
  list(accountId: string, after: SessionPosition | undefined, limit: number): Promise<Session[]>;
  /** @returns whether it ended now, had ended before, or is no session of this account */
  revokeOne(
    ending: { id: string; accountId: string; because: RevocationReason; now: Date },
    transaction: ClientSession,
  ): Promise<'ended' | 'already' | 'unknown'>;
  /**
   * Ends all sessions of an account, or all but one.
   *
   * @returns ids of those that ended now
   */
  revokeAll(
    ending: { accountId: string; except?: string; because: RevocationReason; now: Date },
    transaction: ClientSession,
  ): Promise<string[]>;
  /** Takes out of all sessions of an account what tells where they were. */
  eraseOrigins(accountId: string, transaction: ClientSession): Promise<void>;
}

export function createSessionStore(db: Db): SessionStore {
  const sessions = db.collection<SessionDocument>('sessions');

  return {
    ensureIndexes: () => ensureIndexes(sessions),
    insert: async ({ id, ...session }, transaction) => {
      await sessions.insertOne({ _id: id, ...session }, { session: transaction });
    },
    rotate: async ({ presented, successor, origin, now, expiresAt }) => {
      const rotated = await sessions.findOneAndUpdate(
        {
          _id: presented.sessionId,
          generation: presented.generation,
          tokenHash: hashOf(presented),
          revokedAt: null,
          expiresAt: { $gt: now },
        },
        {
          $set: {
            generation: successor.generation,
            tokenHash: hashOf(successor),
            rotatedAt: now,
            lastUsedAt: now,
            expiresAt,
            address: origin.address,
            device: origin.device,
          },
        },
        { returnDocument: 'after' },
      );
      return sessionOf(rotated);
    },
    findDurable: async (id) =>
      sessionOf(
        await sessions.findOne({ _id: id }, { readConcern: { level: 'linearizable' }, maxTimeMS: 5_000 }),
      ),
    find: async (id) => sessionOf(await sessions.findOne({ _id: id })),
    listLive: (accountId, now, after, limit) =>
      page(sessions, { accountId, revokedAt: null, expiresAt: { $gt: now } }, after, limit),
    list: (accountId, after, limit) => page(sessions, { accountId }, after, limit),
    revokeOne: async ({ id, accountId, because, now }, transaction) => {
      const own = { _id: id, accountId };
      const live = { ...own, revokedAt: null };
      const { matchedCount } = await sessions.updateOne(live, revoking(because, now), {
        session: transaction,
      });
      if (matchedCount === 1) return 'ended';
      return (await sessions.findOne(own, { session: transaction })) ? 'already' : 'unknown';
    },
    revokeAll: async ({ accountId, except, because, now }, transaction) => {
      const live = { accountId, revokedAt: null, ...(except !== undefined && { _id: { $ne: except } }) };
      const found = await sessions
        .find(live, { session: transaction, projection: { _id: 1 } })
        .map(({ _id }) => _id)
        .toArray();
      if (found.length > 0) {
        await sessions.updateMany({ _id: { $in: found } }, revoking(because, now), { session: transaction });
      }
      return found;
    },
    eraseOrigins: async (accountId, transaction) => {
      const erased = { $set: { device: null, address: null } };
      await sessions.updateMany({ accountId }, erased, { session: transaction });
    },
  };
}

async function page(
  sessions: Collection<SessionDocument>,
  filter: Filter<SessionDocument>,
  after: SessionPosition | undefined,
  limit: number,
): Promise<Session[]> {
  const found = await sessions
    .find({ $and: [filter, after ? beyond(after) : {}] })
    .sort({ createdAt: -1, _id: -1 })
    .limit(limit)
    .toArray();
  return found.map(toSession);
}

async function ensureIndexes(sessions: Collection<SessionDocument>): Promise<void> {
  await sessions.createIndexes([
    { key: { accountId: 1, revokedAt: 1, createdAt: -1, _id: -1 } },
    { key: { accountId: 1, createdAt: -1, _id: -1 } },
    { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  ]);
}

const revoking = (because: RevocationReason, now: Date): { $set: Partial<Session> } => ({
  $set: { revokedAt: now, revokedBecause: because },
});

const beyond = ({ createdAt, id }: SessionPosition): Filter<SessionDocument> => ({
  $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: id } }],
});

function sessionOf(document: WithId<SessionDocument> | null): Session | undefined {
  return document ? toSession(document) : undefined;
}

function toSession({ _id, ...session }: WithId<SessionDocument>): Session {
  return { id: _id, ...session };
}
