/** One login of an account on one device, kept alive by refresh tokens of which one at a time is the head. */
export interface Session {
  id: string;
  accountId: string;
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
  /** What the client says it is (User-Agent), and where it was last seen. */
  device: string | null;
  address: string | null;
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

export const isLive = (session: Session, now: Date): boolean =>
  session.revokedAt === null && session.expiresAt > now;
