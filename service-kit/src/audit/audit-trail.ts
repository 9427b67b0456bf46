import type { Registry } from '@prometheus-io/client';
import type { KeyObject } from 'node:crypto';
import type { ClientSession, Db, Filter, MongoClient } from 'mongodb';
import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { keysetFilter } from '../mongo/index.ts';
import { auditCollections, ensureAuditIndexes } from './audit-collections.ts';
import {
  documentOf,
  recordedEntry,
  type AuditEntry,
  type EntryDocument,
  type RecordedEntry,
} from './audit-entry.ts';
import { createDigest } from './digest.ts';
import { createSealer } from './sealer.ts';

export interface AuditTrailOptions {
  client: MongoClient;
  db: Db;
  logger: Logger;
  /**
   * The key of all hashes, for the whole life of the trail. Without a key, write access to the database is enough to forge a
   * trail that verifies.
   */
  key?: KeyObject;
  metrics?: Registry;
  /** Name of the collection of entries; the names of seals and lease begin with it. Default `audit`. */
  collection?: string;
  /** How often the sealer looks for unsealed entries, in milliseconds. Default 250. */
  sealEveryMs?: number;
  /** How long the lease of a killed sealer lasts, in milliseconds. Default 3,000. */
  leaseMs?: number;
  /** Maximum number of entries under one seal. Default 1,000. */
  batch?: number;
  /** Current time. Default: the system's. */
  now?: () => Date;
}

/** The filter of a list. */
export interface AuditFilter {
  subjectId?: string | undefined;
  actorId?: string | undefined;
  action?: string | undefined;
  /** Entries from this time on … */
  from?: Date | undefined;
  /** … and before this one. */
  to?: Date | undefined;
}

/** The last entry of a page. The next page begins after it. */
export interface AuditPosition {
  at: Date;
  id: string;
}

/** Records who did what. Entries are added and never changed; a sealer chains them. */
export interface AuditTrail {
  /**
   * Records entries in the transaction of the change.
   *
   * @throws {RangeError} when the details of an entry are larger than 8 KiB
   */
  record(entries: AuditEntry | readonly AuditEntry[], session: ClientSession): Promise<void>;
  /** Records entries without a change: a search, an export, a refusal. */
  recordAlone(entries: AuditEntry | readonly AuditEntry[]): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter, after: AuditPosition | undefined, limit: number): Promise<RecordedEntry[]>;
  /**
   * Removes address and device from the entries of an account, and from anonymous entries about it (failed logins). Seals
   * stay valid, because they cover a salted hash; the salt is removed too. An account may have any number of entries, so this
   * runs without a transaction, in writes of limited size. Call it again after a failure.
   */
  eraseOrigins(accountId: string): Promise<void>;
  ensureIndexes(): Promise<void>;
  /** Start it before the components that record, so that it stops after them and seals the rest. */
  sealer: Required<Component>;
}

const NEWEST_FIRST = { at: -1, _id: -1 } as const;
const ERASED_AT_ONCE = 1_000;

/** Makes a trail with its own collections. Nothing is opened before the sealer starts. */
export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { client, db, logger, key, metrics, collection, now = () => new Date() } = options;
  const { sealEveryMs = 250, leaseMs = 3_000, batch = 1_000 } = options;
  const collections = auditCollections(db, collection);
  const { entries } = collections;
  const digest = createDigest(key);

  async function insert(given: AuditEntry | readonly AuditEntry[], session?: ClientSession): Promise<void> {
    const documents = [given].flat().map((entry) => documentOf(entry, now(), digest));
    if (documents.length > 0) await entries.insertMany(documents, { session });
  }

  return {
    record: insert,
    recordAlone: (given) => insert(given),
    list: async (filter, after, limit) => {
      const beyond = keysetFilter<EntryDocument>(NEWEST_FIRST, after && { at: after.at, _id: after.id });
      const query = { $and: [filterOf(filter), beyond] };
      const found = await entries.find(query, { sort: NEWEST_FIRST, limit }).toArray();
      return found.map(recordedEntry);
    },
    eraseOrigins: async (accountId) => {
      const theirs = [
        { 'actor.id': accountId },
        { 'subject.id': accountId, 'actor.kind': 'anonymous' as const },
      ];
      const ids = entries
        .find(
          { $or: theirs, origin: { $type: 'object' } },
          { projection: { _id: 1 }, batchSize: ERASED_AT_ONCE },
        )
        .map(({ _id }) => _id);
      const erase = (batch: string[]) =>
        entries.updateMany({ _id: { $in: batch } }, { $set: { origin: null } });
      let batch: string[] = [];
      for await (const id of ids) {
        batch.push(id);
        if (batch.length < ERASED_AT_ONCE) continue;
        await erase(batch);
        batch = [];
      }
      if (batch.length > 0) await erase(batch);
    },
    ensureIndexes: () => ensureAuditIndexes(collections),
    sealer: createSealer({
      client,
      collections,
      digest,
      logger,
      metrics,
      now,
      everyMs: sealEveryMs,
      leaseMs,
      batch,
    }),
  };
}

function filterOf({ subjectId, actorId, action, from, to }: AuditFilter): Filter<EntryDocument> {
  return {
    ...(subjectId !== undefined && { 'subject.id': subjectId }),
    ...(actorId !== undefined && { 'actor.id': actorId }),
    ...(action !== undefined && { action }),
    ...((from || to) && { at: { ...(from && { $gte: from }), ...(to && { $lt: to }) } }),
  };
}
