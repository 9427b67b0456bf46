import { entryHash, type EntryDocument } from './audit-entry.ts';
import type { AuditFinding, AuditSummary } from './audit-finding.ts';
import type { SealDocument } from './audit-seal.ts';
import type { Digest } from './digest.ts';

/** State that is carried from one group of seals to the next. */
export interface EntryProgress {
  summary: AuditSummary;
  /** Time of the newest entry under the seals so far, in Unix milliseconds. */
  newest: number;
  lateMs: number;
  digest: Digest;
}

/**
 * Compares entries with the seals that should cover them.
 *
 * @param links sorted by number
 * @param stored all entries that name one of these seals, sorted by seal
 */
export async function* checkEntries(
  links: readonly SealDocument[],
  stored: AsyncIterable<EntryDocument>,
  progress: EntryProgress,
): AsyncGenerator<AuditFinding> {
  const entries = stored[Symbol.asyncIterator]();
  let next = await entries.next();
  for (const link of links) {
    const listed = new Map(
      (Array.isArray(link.entries) ? link.entries : []).map(({ id, hash }) => [id, hash]),
    );
    let { newest } = progress;
    for (; !next.done && Number(next.value.seal) <= link._id; next = await entries.next()) {
      const entry = next.value;
      yield* checkEntry(entry, link, listed.get(entry._id), progress);
      listed.delete(entry._id);
      // The writer's clock may be wrong. That must not make all other entries look backdated.
      if (entry.at <= link.at) newest = Math.max(newest, entry.at.getTime());
    }
    for (const id of listed.keys()) {
      yield {
        problem: 'entry_missing',
        seal: link._id,
        entry: id,
        detail: 'its seal covers it, but it does not exist',
      };
    }
    progress.newest = newest;
  }
}

function* checkEntry(
  entry: EntryDocument,
  link: SealDocument,
  expected: string | undefined,
  { summary, newest, lateMs, digest }: EntryProgress,
): Generator<AuditFinding> {
  summary.entries += 1;
  const about = { seal: Number(entry.seal), entry: entry._id };
  if (entry.seal !== link._id) {
    yield { problem: 'entry_inserted', ...about, detail: 'its seal does not exist' };
  } else if (expected === undefined) {
    yield { problem: 'entry_inserted', ...about, detail: 'its seal does not cover it' };
  } else if (
    entry.hash !== expected ||
    entryHash(entry, digest) !== expected ||
    !isOriginTrue(entry, digest)
  ) {
    yield { problem: 'entry_changed', ...about, detail: 'its hash does not match its content' };
  } else if (entry.at.getTime() < newest - lateMs) {
    yield {
      problem: 'entry_backdated',
      ...about,
      detail: `its time is ${entry.at.toISOString()}, but it was sealed after newer entries`,
    };
  }
  if (entry.originHash !== undefined && !entry.origin) summary.erased += 1;
}

/** An erased origin cannot be checked any more. */
function isOriginTrue({ origin, originHash }: EntryDocument, digest: Digest): boolean {
  return !origin || digest('origin', origin) === originHash;
}
