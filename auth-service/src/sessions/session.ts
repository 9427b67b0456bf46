import type { Account } from '../accounts/account.ts';

/** One login of an account on one device. Refresh tokens keep it alive; one of them at a time is the head. */
export interface Session {
  id: string;
  accountId: string;
  /** Of the account when the session was opened, or kept while the others ended. */
  epoch: number;
  /** How old its access tokens may be although the account's older ones ended; null where it was never kept. */
  kept: Kept | null;
  /** Grows by one with every rotation; the head carries it. */
  generation: number;
  /** Hash of the head; the token itself is nowhere. */
  tokenHash: string;
  /** When the head came to be. */
  rotatedAt: Date;
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
  /** Set once, for ever: a dead session does not come back. */
  revokedAt: Date | null;
  revokedBecause: RevocationReason | null;
  /** The device by its own words (User-Agent), and its last address. */
  device: string | null;
  address: string | null;
}

/** A session that was kept: for as long as the account's token version is `at`, its tokens are good from `from` on. */
export interface Kept {
  at: number;
  from: number;
}

export type RevocationReason =
  | 'logout'
  | 'ended_by_owner'
  | 'password_change'
  | 'password_reset'
  | 'ban'
  | 'deletion'
  | 'ended_by_staff'
  | 'upgrade'
  | 'refresh_token_reuse'
  | 'token_revoked';

/** Whether no write to the account has ended it; see `isLive` for its own end. */
export const isOfEpoch = (session: Pick<Session, 'epoch'>, account: Pick<Account, 'sessionEpoch'>): boolean =>
  session.epoch >= account.sessionEpoch;

/** The lowest version that an access token of this session may have. */
export const minTokenVersion = (
  { kept }: Pick<Session, 'kept'>,
  { tokenVersion }: Pick<Account, 'tokenVersion'>,
): number => (kept?.at === tokenVersion ? kept.from : tokenVersion);

export const isLive = (session: Session, now: Date): boolean =>
  session.revokedAt === null && session.expiresAt > now;
