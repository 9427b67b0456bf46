import { createHash } from 'node:crypto';
import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';

interface PasswordResetDocument {
  /** The account: it has one reset at most. */
  _id: string;
  /** Of the token; the token itself is nowhere. */
  tokenHash: string;
  /** Of the account when the token was made. */
  credentialVersion?: number;
  expiresAt: Date;
}

/** Which account a token was made for, and in which state. */
export interface PasswordReset {
  accountId: string;
  credentialVersion: number;
}

export interface PasswordResetStore {
  /** Stores a reset and replaces an earlier one. */
  put(reset: PasswordReset & { token: string; expiresAt: Date }, session: ClientSession): Promise<void>;
  /** @returns what a token was made for, while it is not used or replaced and not too old */
  find(token: string, now: Date): Promise<PasswordReset | undefined>;
  /**
   * Uses a token up.
   *
   * @returns whether it was good until now, and for this account
   */
  take(reset: { accountId: string; token: string; now: Date }, session: ClientSession): Promise<boolean>;
  forget(accountId: string, session: ClientSession): Promise<void>;
}

export const passwordResetIndexes: IndexSpec[] = [
  {
    collection: 'passwordResets',
    indexes: [{ key: { tokenHash: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
  },
];

export function createPasswordResetStore(db: Db): PasswordResetStore {
  const resets = db.collection<PasswordResetDocument>('passwordResets');

  return {
    put: async ({ accountId, token, credentialVersion, expiresAt }, session) => {
      const document = { tokenHash: hashOf(token), credentialVersion, expiresAt };
      await resets.replaceOne({ _id: accountId }, document, { session, upsert: true });
    },
    find: async (token, now) => {
      const found = await resets.findOne({ tokenHash: hashOf(token), expiresAt: { $gt: now } });
      return found ? { accountId: found._id, credentialVersion: found.credentialVersion ?? 0 } : undefined;
    },
    take: async ({ accountId, token, now }, session) => {
      const good = { _id: accountId, tokenHash: hashOf(token), expiresAt: { $gt: now } };
      return (await resets.deleteOne(good, { session })).deletedCount === 1;
    },
    forget: async (accountId, session) => {
      await resets.deleteOne({ _id: accountId }, { session });
    },
  };
}

/** The token is random and long, so a plain hash keeps it. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');
