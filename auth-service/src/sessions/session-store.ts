import type { CreationPosition } from 'service-kit/http';
import type { ClientSession, Collection, Db, Filter } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import { NEWEST_FIRST, olderThan } from '../database/newest-first.ts';
import type { SessionsEnded } from '../accounts/account.ts';
import type { EndedSessions } from './ended-session-store.ts';
import {
  documentOf,
  ofEpoch,
  revoking,
  rotating,
  sessionOf,
  toSession,
  type Rotation,
  type SessionDocument,
  type SessionOwner,
} from './session-documents.ts';
import { minTokenVersion, type RevocationReason, type Session } from './session.ts';

export interface Rotated {
  accountId: string;
  sessionId: string;
  epoch: number;
}

export interface SessionStore {
  insertAll(opened: readonly Session[], transaction: ClientSession): Promise<void>;
  /**
   * Makes each successor the head, if the token presented is the head of a live session: a compare-and-swap each, so
   * that of all who present a token at the same time one succeeds. All of them together cost two round trips.
   *
   * @returns for each whose session it is; undefined where nothing was rotated
   */
  rotateAll(rotations: readonly Rotation[]): Promise<(Rotated | undefined)[]>;
  /** The epochs of these sessions, by id. */
  epochsOf(ids: readonly string[]): Promise<Map<string, number>>;
  /** This read is durable: an election does not undo a rotation that it shows. */
  findDurable(id: string): Promise<Session | undefined>;
  find(id: string): Promise<Session | undefined>;
  /** Live sessions, newest first. */
  listLive(
    account: SessionOwner,
    now: Date,
    after: CreationPosition | undefined,
    limit: number,
  ): Promise<Session[]>;
  /** All of the account's epoch, those that ended one by one as well, newest first. */
  list(account: SessionOwner, after: CreationPosition | undefined, limit: number): Promise<Session[]>;
  /** Ids of live sessions that come after so many newer ones. */
  idsBeyond(account: SessionOwner, newest: number, limit: number): Promise<string[]>;
  /** @returns whether it ended now, had ended before, or is no session of this account */
  revokeOne(
    ending: { id: string; accountId: string; because: RevocationReason; now: Date },
    transaction: ClientSession,
  ): Promise<'ended' | 'already' | 'unknown'>;
  /**
   * Takes a session over into the epoch that has just ended all others.
   *
   * @param ended the account with that epoch
   * @returns false when the session had ended before
   */
  keep(id: string, ended: SessionsEnded, transaction: ClientSession): Promise<boolean>;
  /**
   * Removes sessions that are alive.
   *
   * @returns the ids of those that got an access token since a time
   */
  remove(ids: readonly string[], since: Date, transaction: ClientSession): Promise<string[]>;
  /**
   * Removes some dead sessions of an account, in no transaction: those from before an epoch, and where it is said those
   * that ended one by one.
   *
   * @returns how many; fewer than the limit when none is left
   */
  removeSome(dead: EndedSessions & { andEndedAlone?: boolean }, limit: number): Promise<number>;
}

export const sessionIndexes: IndexSpec[] = [
  {
    collection: 'sessions',
    indexes: [
      { key: { accountId: 1, epoch: 1, revokedAt: 1, createdAt: -1, _id: -1 } },
      { key: { accountId: 1, epoch: 1, createdAt: -1, _id: -1 } },
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    ],
    // Indexes that those with the epoch have replaced.
    drops: ['accountId_1_revokedAt_1_createdAt_-1__id_-1', 'accountId_1_createdAt_-1__id_-1'],
  },
];

export function createSessionStore(db: Db): SessionStore {
  const sessions = db.collection<SessionDocument>('sessions');

  return {
    insertAll: async (opened, transaction) => {
      await sessions.insertMany(opened.map(documentOf), { session: transaction });
    },
    rotateAll: async (rotations) => {
      const { matchedCount } = await sessions.bulkWrite(rotations.map(rotating), { ordered: false });
      const ids = rotations.map(({ presented }) => presented.sessionId);
      const found = await sessions
        .find({ _id: { $in: ids } }, { projection: { accountId: 1, rotation: 1, epoch: 1 } })
        .toArray();
      const byId = new Map(found.map((document) => [document._id, document]));
      return rotations.map(({ id, presented }) => {
        const document = byId.get(presented.sessionId);
        // A bulk write tells how many were rotated and not which; the mark does, also when it was tried twice.
        const isRotated = matchedCount === rotations.length || document?.rotation === id;
        if (!isRotated || !document) return undefined;
        const { _id: sessionId, accountId, epoch } = document;
        return { sessionId, accountId, epoch: epoch ?? 0 };
      });
    },
    epochsOf: async (ids) => {
      const found = await sessions.find({ _id: { $in: [...ids] } }, { projection: { epoch: 1 } }).toArray();
      return new Map(found.map(({ _id, epoch }) => [_id, epoch ?? 0]));
    },
    findDurable: async (id) =>
      sessionOf(
        await sessions.findOne({ _id: id }, { readConcern: { level: 'linearizable' }, maxTimeMS: 5_000 }),
      ),
    find: async (id) => sessionOf(await sessions.findOne({ _id: id })),
    listLive: (account, now, after, limit) =>
      page(sessions, { ...ofEpoch(account), revokedAt: null, expiresAt: { $gt: now } }, after, limit),
    list: (account, after, limit) => page(sessions, ofEpoch(account), after, limit),
    idsBeyond: async (account, newest, limit) => {
      const found = await sessions
        .find({ ...ofEpoch(account), revokedAt: null }, { projection: { _id: 1 } })
        .sort({ createdAt: -1, _id: -1 })
        .skip(newest)
        .limit(limit)
        .toArray();
      return found.map(({ _id }) => _id);
    },
    revokeOne: async ({ id, accountId, because, now }, transaction) => {
      const own = { _id: id, accountId };
      const live = { ...own, revokedAt: null };
      const { matchedCount } = await sessions.updateOne(live, revoking(because, now), {
        session: transaction,
      });
      if (matchedCount === 1) return 'ended';
      return (await sessions.findOne(own, { session: transaction })) ? 'already' : 'unknown';
    },
    keep: async (id, { id: accountId, sessionEpoch, tokenVersion }, transaction) => {
      const before = { id: accountId, sessionEpoch: sessionEpoch - 1 };
      const live = { _id: id, ...ofEpoch(before), revokedAt: null };
      const found = await sessions.findOne(live, { session: transaction, projection: { kept: 1 } });
      if (!found) return false;
      const from = minTokenVersion({ kept: found.kept ?? null }, { tokenVersion: tokenVersion - 1 });
      const kept = { $set: { epoch: sessionEpoch, kept: { at: tokenVersion, from } } };
      await sessions.updateOne({ _id: id }, kept, { session: transaction });
      return true;
    },
    remove: async (ids, since, transaction) => {
      const those = { _id: { $in: [...ids] } };
      // A refresh that comes between this and the removal conflicts with it, and is read at the next try.
      const recent = await sessions
        .find({ ...those, rotatedAt: { $gt: since } }, { session: transaction, projection: { _id: 1 } })
        .toArray();
      await sessions.deleteMany(those, { session: transaction });
      return recent.map(({ _id }) => _id);
    },
    removeSome: async ({ accountId, before, andEndedAlone = false }, limit) => {
      // Those from before there were epochs have none, and are part of this range.
      const older: Filter<SessionDocument> = { epoch: { $not: { $gte: before } } };
      const dead = andEndedAlone ? { $or: [older, { revokedAt: { $ne: null } }] } : older;
      const found = await sessions
        .find({ accountId, ...dead }, { projection: { _id: 1 } })
        .limit(limit)
        .toArray();
      await sessions.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } });
      return found.length;
    },
  };
}

async function page(
  sessions: Collection<SessionDocument>,
  filter: Filter<SessionDocument>,
  after: CreationPosition | undefined,
  limit: number,
): Promise<Session[]> {
  const found = await sessions
    .find(
      {
        $and: [filter, olderThan<SessionDocument>(after)],
      },
      { sort: NEWEST_FIRST, limit },
    )
    .toArray();
  return found.map(toSession);
}
