import type { Digest } from './digest.ts';

/** An entry in a seal. */
export interface SealedEntry {
  id: string;
  hash: string;
}

/** A link of the chain. It covers its entries and the previous seal. */
export interface SealDocument {
  /** 1, 2, 3 … It is unique, so that no two seals can follow the same one. */
  _id: number;
  /** Hash of the previous seal; null for the first. */
  previous: string | null;
  at: Date;
  /** Sorted by id. */
  entries: SealedEntry[];
  hash: string;
}

export function sealOf(
  entries: readonly SealedEntry[],
  head: Pick<SealDocument, '_id' | 'hash'> | null,
  at: Date,
  digest: Digest,
): SealDocument {
  const link = {
    _id: (head?._id ?? 0) + 1,
    previous: head?.hash ?? null,
    at,
    entries: entries.map(({ id, hash }) => ({ id, hash })),
  };
  return { ...link, hash: sealHash(link, digest) };
}

/** Covers all stored fields except the hash itself. */
export function sealHash(document: object, digest: Digest): string {
  const { hash: _hash, ...covered } = { ...document } as Partial<SealDocument>;
  return digest('seal', covered);
}
