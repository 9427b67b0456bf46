import type { ClientSession, Collection, Db, Filter, WithId } from 'mongodb';
import type { RequestOrigin } from 'service-kit/audit';
import { hashOf, type RefreshToken } from './refresh-token.ts';
import type { RevocationReason, Session } from './session.ts';

type SessionDocument = Omit<Session, 'id'> & {
  _id: string;
  /** Id of the rotation that made the head; the first head has none. */
  rotation?: string;
};

export interface Rotation {
  /** Of this try, the same when it is repeated. */
  id: string;
  presented: RefreshToken;
  successor: RefreshToken;
  origin: RequestOrigin;
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
  insertAll(opened: readonly Session[], transaction: ClientSession): Promise<void>;
  /**
   * Makes each successor the head, if the token presented is the head of a live session: a compare-and-swap each, so
   * that of all who present a token at the same time one succeeds. All of them together cost two round trips.
   *
   * @returns for each the account of its session; undefined where nothing was rotated
   */
  rotateAll(rotations: readonly Rotation[]): Promise<(string | undefined)[]>;
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
    insertAll: async (opened, transaction) => {
      await sessions.insertMany(opened.map(documentOf), { session: transaction });
    },
    rotateAll: async (rotations) => {
      const { matchedCount } = await sessions.bulkWrite(rotations.map(rotating), { ordered: false });
      const ids = rotations.map(({ presented }) => presented.sessionId);
      const found = await sessions
        .find({ _id: { $in: ids } }, { projection: { accountId: 1, rotation: 1 } })
        .toArray();
      const byId = new Map(found.map((document) => [document._id, document]));
      return rotations.map(({ id, presented }) => {
        const document = byId.get(presented.sessionId);
        // A bulk write tells how many were rotated and not which; the mark does, also when it was tried twice.
        const isRotated = matchedCount === rotations.length || document?.rotation === id;
        return isRotated ? document?.accountId : undefined;
      });
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

function rotating({ id, presented, successor, origin, now, expiresAt }: Rotation) {
  return {
    updateOne: {
      filter: {
        _id: presented.sessionId,
        generation: presented.generation,
        tokenHash: hashOf(presented),
        revokedAt: null,
        expiresAt: { $gt: now },
      },
      update: {
        $set: {
          generation: successor.generation,
          tokenHash: hashOf(successor),
          rotation: id,
          rotatedAt: now,
          lastUsedAt: now,
          expiresAt,
          address: origin.address,
          device: origin.device,
        },
      },
    },
  };
}

function documentOf({ id, ...session }: Session): SessionDocument {
  return { _id: id, ...session };
}

function toSession(document: WithId<SessionDocument>): Session {
  const { _id, rotation: _, ...session } = document;
  return { id: _id, ...session };
}
