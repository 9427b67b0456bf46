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
   * Under which entries and seals are hashed, for the whole life of the trail. Without it whoever can write to the
   * database can make a trail that verifies.
   */
  key?: KeyObject;
  metrics?: Registry;
  /** Name of the collection of entries; those of seals and lease begin with it. Default `audit`. */
  collection?: string;
  /** How often the sealer looks for entries, in milliseconds. Default 250. */
  sealEveryMs?: number;
  /** How long a sealer that was killed keeps the others waiting, in milliseconds. Default 3,000. */
  leaseMs?: number;
  /** Entries under one seal at most. Default 1,000. */
  batch?: number;
  /** Current time. Default: the system's. */
  now?: () => Date;
}

/** Which entries a list shows. */
export interface AuditFilter {
  subjectId?: string | undefined;
  actorId?: string | undefined;
  action?: string | undefined;
  /** From this time on … */
  from?: Date | undefined;
  /** … and before this one. */
  to?: Date | undefined;
}

/** The last entry of a page, after which the next begins. */
export interface AuditPosition {
  at: Date;
  id: string;
}

/** Who did what. Entries are added and never changed; a sealer chains them. */
export interface AuditTrail {
  /**
   * Records in the transaction of the change: both are there or neither is.
   *
   * @throws {RangeError} when an entry's details are larger than 8 KiB
   */
  record(entries: AuditEntry | readonly AuditEntry[], session: ClientSession): Promise<void>;
  /** Records what has no change of its own: a search, an export, a refusal. */
  recordAlone(entries: AuditEntry | readonly AuditEntry[]): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter, after: AuditPosition | undefined, limit: number): Promise<RecordedEntry[]>;
  /**
   * Removes address and device from what an account did, and from what nobody known did to it (failed logins). The
   * seals stay valid: they cover a salted hash of it, and the salt goes as well. There may be any number of entries, so
   * it works in no transaction, by writes of a bounded size; when it is cut short it may be called again.
   */
  eraseOrigins(accountId: string): Promise<void>;
  ensureIndexes(): Promise<void>;
  /** To be started before what records, so that it stops after it and seals the rest. */
  sealer: Required<Component>;
}

const NEWEST_FIRST = { at: -1, _id: -1 } as const;
const ERASED_AT_ONCE = 1_000;

/** A trail in its own collections; nothing is opened before the sealer starts. */
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
