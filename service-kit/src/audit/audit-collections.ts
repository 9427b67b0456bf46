import type { Collection, Db } from 'mongodb';
import type { LeaseDocument } from '../mongo/index.ts';
import type { EntryDocument } from './audit-entry.ts';
import type { SealDocument } from './audit-seal.ts';

/** The collections of a trail. */
export interface AuditCollections {
  entries: Collection<EntryDocument>;
  seals: Collection<SealDocument>;
  leases: Collection<LeaseDocument>;
}

/** @param name of the collection of entries; the other names begin with it */
export function auditCollections(db: Db, name = 'audit'): AuditCollections {
  return {
    entries: db.collection(name),
    seals: db.collection(`${name}Seals`),
    leases: db.collection(`${name}Lease`),
  };
}

export async function ensureAuditIndexes({ entries, seals }: AuditCollections): Promise<void> {
  await entries.createIndexes([
    // Unsealed entries (null), and the entries of a seal.
    { key: { seal: 1, _id: 1 } },
    { key: { at: -1, _id: -1 } },
    { key: { 'subject.id': 1, at: -1, _id: -1 } },
    { key: { 'actor.id': 1, at: -1, _id: -1 } },
    { key: { action: 1, at: -1, _id: -1 } },
  ]);
  // Creates the collection, because creating it inside a transaction would cause conflicts.
  await seals.createIndex({ _id: 1 });
}
