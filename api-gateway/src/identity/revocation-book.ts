import type { Logger } from 'service-kit/logging';
import type { AccessToken } from './access-token.ts';
import type { Revocation } from './revocation.ts';

/** The revocations that still matter, in memory. */
export interface RevocationBook {
  /** @param revokedAt unix milliseconds by auth-service's clock */
  add(revocation: Revocation, revokedAt: number): void;
  isRevoked(token: Pick<AccessToken, 'userId' | 'sessionId' | 'tokenVersion' | 'issuedAt'>): boolean;
  /** Drops those whose last token has expired. */
  forgetExpired(): void;
  size(): number;
  /** Tokens issued until then are refused whoever they are of, in unix milliseconds; 0: none. See `limit`. */
  refusedUntil(): number;
}

export interface RevocationBookOptions {
  /** Longest life of an access token, in milliseconds: nothing has to be remembered for longer. */
  tokenLifeMs: number;
  /**
   * Most entries (sessions and accounts). Beyond it the oldest make room, and whatever was issued before they were
   * revoked is refused in their place: their tokens stay dead, and other clients have to refresh once.
   */
  limit: number;
  now: () => number;
  logger: Logger;
}

interface Entry {
  /** Tokens with a lower version are refused; those of a session in any version. */
  minVersion: number;
  /** The session that this version is not for; lower ones that were not for another are for it. */
  except?: { sessionId: string; minVersion: number } | undefined;
  revokedAt: number;
}

/** In the order in which they came, which is about that of their times. */
type Entries = Map<string, Entry>;

// Between the clocks of auth-service's instances, one of which issues what another one revokes. The gateway's own
// clock does not matter: expiry and revocation are both read off it, and both times are auth-service's.
const CLOCK_TOLERANCE_MS = 10_000;
// Not one by one: each time there is a line in the log.
const KEPT_PART = 0.9;

export function createRevocationBook(options: RevocationBookOptions): RevocationBook {
  const { tokenLifeMs, limit, now, logger } = options;
  const sessions: Entries = new Map();
  const accounts: Entries = new Map();
  let refusedUntil = 0;

  const isOver = ({ revokedAt }: Entry): boolean => revokedAt + tokenLifeMs + CLOCK_TOLERANCE_MS <= now();
  const size = (): number => sessions.size + accounts.size;

  function add(revocation: Revocation, givenRevokedAt: number): void {
    const { accountId, sessionIds = [], minVersion, exceptSessionId: sessionId } = revocation;
    // A time that is far off must not keep an entry for ever.
    const revokedAt = Math.min(givenRevokedAt, now() + tokenLifeMs);
    if (isOver({ minVersion: 0, revokedAt })) return;
    for (const id of sessionIds) keep(sessions, id, { minVersion: Number.POSITIVE_INFINITY, revokedAt });
    const except = sessionId === undefined ? undefined : { sessionId, minVersion: 0 };
    if (minVersion !== undefined) keep(accounts, accountId, { minVersion, except, revokedAt });
    if (size() > limit) forgetExpired();
    if (size() > limit) makeRoom();
  }

  function forgetExpired(): void {
    for (const entries of [sessions, accounts]) {
      for (const [id, entry] of entries) {
        if (!isOver(entry)) break;
        entries.delete(id);
      }
    }
  }

  function makeRoom(): void {
    const before = size();
    const excess = before - Math.floor(limit * KEPT_PART);
    for (const entries of [sessions, accounts]) {
      let toDrop = Math.ceil((entries.size * excess) / before);
      for (const [id, { revokedAt }] of entries) {
        if (toDrop === 0) break;
        toDrop -= 1;
        entries.delete(id);
        refusedUntil = Math.max(refusedUntil, revokedAt + CLOCK_TOLERANCE_MS);
      }
    }
    logger.error('Too many revocations to remember: every token issued until then is refused instead', {
      until: new Date(refusedUntil).toISOString(),
      dropped: before - size(),
      limit,
    });
  }

  return {
    add,
    forgetExpired,
    size,
    refusedUntil: () => refusedUntil,
    isRevoked: ({ userId, sessionId, tokenVersion, issuedAt }) =>
      issuedAt * 1000 <= refusedUntil ||
      tokenVersion < (sessions.get(sessionId)?.minVersion ?? 0) ||
      tokenVersion < minVersionFor(sessionId, accounts.get(userId)),
  };
}

/** What a token of a session needs by the entry of its account. */
function minVersionFor(sessionId: string, entry: Entry | undefined): number {
  return (entry?.except?.sessionId === sessionId ? entry.except.minVersion : entry?.minVersion) ?? 0;
}

/** Repetitions change nothing; otherwise the stricter of both holds, for as long as either of them. */
function keep(entries: Entries, id: string, entry: Entry): void {
  const known = entries.get(id);
  const next = known ? stricter(known, entry) : entry;
  if (known && isSame(known, next)) return;
  entries.delete(id);
  entries.set(id, next);
}

/** For every token exactly what the two say one by one, in whatever order they come. */
function stricter(one: Entry, other: Entry): Entry {
  const [higher, lower] = one.minVersion >= other.minVersion ? [one, other] : [other, one];
  const revokedAt = Math.max(one.revokedAt, other.revokedAt);
  const { minVersion, except } = higher;
  if (!except) return { minVersion, revokedAt };
  const { sessionId } = except;
  const excepted = Math.max(except.minVersion, minVersionFor(sessionId, lower));
  return { minVersion, except: { sessionId, minVersion: excepted }, revokedAt };
}

const isSame = (one: Entry, other: Entry): boolean =>
  one.minVersion === other.minVersion &&
  one.revokedAt === other.revokedAt &&
  one.except?.minVersion === other.except?.minVersion;
