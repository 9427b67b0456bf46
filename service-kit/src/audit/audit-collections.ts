import type { Collection, Db } from 'mongodb';
import type { LeaseDocument } from '../mongo/index.ts';
import type { EntryDocument } from './audit-entry.ts';
import type { SealDocument } from './audit-seal.ts';

/** Where a trail is kept. */
export interface AuditCollections {
  entries: Collection<EntryDocument>;
  seals: Collection<SealDocument>;
  leases: Collection<LeaseDocument>;
}

/** @param name of the entries' collection; the others begin with it */
export function auditCollections(db: Db, name = 'audit'): AuditCollections {
  return {
    entries: db.collection(name),
    seals: db.collection(`${name}Seals`),
    leases: db.collection(`${name}Lease`),
  };
}

export async function ensureAuditIndexes({ entries, seals }: AuditCollections): Promise<void> {
  await entries.createIndexes([
    // What is not sealed yet (null), and what a seal covers.
    { key: { seal: 1, _id: 1 } },
    { key: { at: -1, _id: -1 } },
    { key: { 'subject.id': 1, at: -1, _id: -1 } },
    { key: { 'actor.id': 1, at: -1, _id: -1 } },
    { key: { action: 1, at: -1, _id: -1 } },
  ]);
  // Every collection has this index: asking for it makes the collection, which a transaction had better not do.
  await seals.createIndex({ _id: 1 });
}
