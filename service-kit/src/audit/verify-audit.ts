import type { KeyObject } from 'node:crypto';
import type { Db, Filter } from 'mongodb';
import { auditCollections, type AuditCollections } from './audit-collections.ts';
import type { EntryDocument } from './audit-entry.ts';
import type { AuditFinding, AuditHead, AuditSummary } from './audit-finding.ts';
import { sealHash, type SealDocument } from './audit-seal.ts';
import { checkEntries } from './check-entries.ts';
import { createDigest, type Digest } from './digest.ts';

export interface VerifyAuditOptions {
  db: Db;
  /** The key of `createAuditTrail`. */
  key?: KeyObject | undefined;
  collection?: string | undefined;
  /** A seal noted outside of the database. It shows whether the end was cut off. */
  head?: AuditHead | undefined;
  /** How old an unsealed entry may be, in milliseconds. Default one minute. */
  unsealedMs?: number | undefined;
  /** How much older than earlier sealed entries the time of an entry may be, in milliseconds. Default 5 minutes. */
  lateMs?: number | undefined;
  now?: (() => Date) | undefined;
}

/** Seals checked together: at most this many, or those of about a thousand entries. */
const SEALS_AT_ONCE = 100;
const ENTRIES_OF_SEALS = 1_000;
/** Entries read at once, of up to 9 KiB each: a small number keeps memory low. */
const ENTRIES_AT_ONCE = 100;

/**
 * Checks the whole trail in constant memory, with or without a running sealer. Yields entries that were changed, removed,
 * moved, added without the sealer or backdated; seals that were changed, removed, added or reordered; and, with a head from
 * outside, a cut end.
 *
 * @returns what was checked
 */
export async function* verifyAudit(options: VerifyAuditOptions): AsyncGenerator<AuditFinding, AuditSummary> {
  const { db, key, collection, head } = options;
  const { unsealedMs = 60_000, lateMs = 300_000, now = () => new Date() } = options;
  const collections = auditCollections(db, collection);
  const digest = createDigest(key);
  const summary: AuditSummary = { seals: 0, entries: 0, erased: 0, head: null };
  const progress = { summary, newest: 0, lateMs, digest };

  for await (const group of sealGroups(collections)) {
    const first = (summary.head?.number ?? 0) + 1;
    const links: SealDocument[] = [];
    for (const seal of group) {
      yield* checkLink(seal, summary, digest, head);
      if (isNumbered(seal)) links.push(seal);
    }
    const last = links.at(-1)?._id;
    if (last === undefined) continue;
    const sealed = readEntries(collections, { seal: { $gte: first, $lte: last } });
    yield* checkEntries(links, sealed, progress);
  }

  yield* checkHead(summary, head);
  const time = now().getTime();
  const recent = { $gte: new Date(time - unsealedMs), $lte: new Date(time + lateMs) };
  yield* checkRest(collections, summary, { at: recent });
  return summary;
}

/** Seals are read before their entries, so that entries sealed meanwhile are not missed. */
async function* sealGroups({ seals }: AuditCollections): AsyncGenerator<SealDocument[]> {
  let group: SealDocument[] = [];
  let entries = 0;
  for await (const seal of seals.find().sort({ _id: 1 }).batchSize(SEALS_AT_ONCE)) {
    group.push(seal);
    entries += Array.isArray(seal.entries) ? seal.entries.length : 0;
    if (group.length < SEALS_AT_ONCE && entries < ENTRIES_OF_SEALS) continue;
    yield group;
    group = [];
    entries = 0;
  }
  yield group;
}

function readEntries(
  { entries }: AuditCollections,
  filter: Filter<EntryDocument>,
): AsyncIterable<EntryDocument> {
  return entries.find(filter).sort({ seal: 1, _id: 1 }).batchSize(ENTRIES_AT_ONCE);
}

function* checkLink(
  seal: SealDocument,
  summary: AuditSummary,
  digest: Digest,
  head: AuditHead | undefined,
): Generator<AuditFinding> {
  if (!isNumbered(seal)) {
    yield { problem: 'seal_inserted', detail: `a seal has the number ${JSON.stringify(seal._id)}` };
    return;
  }
  const { _id: number, hash } = seal;
  const expected = (summary.head?.number ?? 0) + 1;
  if (number > expected) {
    const which = number - 1 === expected ? `seal ${expected}` : `seals ${expected} to ${number - 1}`;
    yield { problem: 'seal_missing', seal: expected, detail: `${which} were removed` };
  } else if (seal.previous !== (summary.head?.hash ?? null)) {
    yield {
      problem: 'seal_unlinked',
      seal: number,
      detail: 'it does not follow the seal before it',
    };
  }
  if (sealHash(seal, digest) !== hash || !Array.isArray(seal.entries)) {
    yield { problem: 'seal_changed', seal: number, detail: 'its hash is not that of its content' };
  }
  if (head?.number === number && head.hash !== hash) {
    yield { problem: 'head_differs', seal: number, detail: `its hash is ${hash}, not ${head.hash}` };
  }
  summary.seals += 1;
  summary.head = { number, hash };
}

function* checkHead(summary: AuditSummary, head: AuditHead | undefined): Generator<AuditFinding> {
  const last = summary.head?.number ?? 0;
  if (head && head.number > last) {
    yield {
      problem: 'tail_missing',
      seal: last + 1,
      detail: `the trail ends at seal ${last}, not ${head.number}`,
    };
  }
}

/** Entries that no seal covers, although they are old enough. */
async function* checkRest(
  collections: AuditCollections,
  { head }: AuditSummary,
  isRecent: Filter<EntryDocument>,
): AsyncGenerator<AuditFinding> {
  const isCovered = { seal: { $gte: 1, $lte: head?.number ?? 0 } };
  for await (const { _id: entry, seal } of readEntries(collections, { $nor: [isCovered, isRecent] })) {
    if (seal === null || seal === undefined) {
      yield { problem: 'entry_unsealed', entry, detail: 'it was not sealed in time' };
    } else if (!(await collections.seals.findOne({ _id: seal, 'entries.id': entry }))) {
      // Otherwise it was sealed during the check.
      yield { problem: 'entry_inserted', entry, detail: `no seal ${JSON.stringify(seal)} covers it` };
    }
  }
}

const isNumbered = ({ _id }: SealDocument): boolean => Number.isSafeInteger(_id) && _id >= 1;
