import type { Digest } from './digest.ts';

/** An entry as its seal knows it. */
export interface SealedEntry {
  id: string;
  hash: string;
}

/** A link of the chain: it covers its entries and the seal before it. */
export interface SealDocument {
  /** 1, 2, 3 …; unique, so that no two seals can follow the same one. */
  _id: number;
  /** Hash of the seal before; null for the first. */
  previous: string | null;
  at: Date;
  /** By id. */
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

/** Over everything that is stored but the hash itself. */
export function sealHash(document: object, digest: Digest): string {
  const { hash: _hash, ...covered } = { ...document } as Partial<SealDocument>;
  return digest('seal', covered);
}
