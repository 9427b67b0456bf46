import { createHash } from 'node:crypto';

export const assetKinds = ['currency', 'item', 'coupon'] as const;
export type AssetKind = (typeof assetKinds)[number];

/** What of an account's belongings is meant. */
export interface Holding {
  accountId: string;
  kind: AssetKind;
  asset: string;
}

export const entryKinds = ['grant', 'reversal', 'spend'] as const;

/** Written once and never changed. The balance of an asset is the sum of its entries' quantities. */
export interface LedgerEntry {
  /** Derived from what caused it, so that nothing is ever entered twice. */
  id: string;
  accountId: string;
  /** Of a reward and of its reversal: one entry for each grant and kind, for ever. */
  grantId?: string;
  kind: (typeof entryKinds)[number];
  assetKind: AssetKind;
  asset: string;
  /** Signed: negative where something was taken. */
  quantity: number;
  balanceAfter: number;
  /** Place among the entries of this balance. */
  sequence: number;
  reason: string;
  at: Date;
}

export interface Balance extends Holding {
  quantity: number;
  /** Ledger entries so far. */
  entries: number;
}

export const balanceId = ({ accountId, kind, asset }: Holding): string => `${accountId}/${kind}/${asset}`;

export const holdingOf = ({ accountId, assetKind, asset }: LedgerEntry): Holding => ({
  accountId,
  kind: assetKind,
  asset,
});

/** The same for the same cause, on every instance and in every attempt. */
export function entryId(...cause: string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(cause)).digest();
  return `led_${digest.subarray(0, 16).toString('base64url')}`;
}

/** Of the entry that a grant, or its reversal, makes. */
export const grantEntryId = (grantId: string, kind: 'grant' | 'reversal'): string => entryId(grantId, kind);
