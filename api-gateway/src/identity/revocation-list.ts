import type { Logger } from 'service-kit/logging';
import type { AccessToken } from './access-token.ts';
import type { Revocation } from './revocation.ts';

/** The revocations in force, in memory. */
export interface RevocationList {
  /** @param revokedAt unix milliseconds, by auth-service's clock */
  add(revocation: Revocation, revokedAt: number): void;
  isRevoked(token: Pick<AccessToken, 'userId' | 'sessionId' | 'tokenVersion' | 'issuedAt'>): boolean;
  /** Drops revocations whose last token has expired. */
  forgetExpired(): void;
  size(): number;
  /**
   * Every token issued until then is refused, in unix milliseconds; 0 if there never was an overflow. See `limit`.
   */
  refusedUntil(): number;
}

export interface RevocationListDeps {
  /** Longest life of an access token, in milliseconds. A revocation is remembered for as long. */
  tokenLifeMs: number;
  /**
   * Most entries (sessions and accounts). Beyond it the oldest are dropped, and instead every token that was
   * issued before they were revoked is refused. So no revoked token becomes valid again, and other clients refresh
   * once.
   */
  limit: number;
  now: () => number;
  logger: Logger;
}

interface Entry {
  /** Tokens with a lower version are refused. For a session it is infinite: all its tokens are. */
  minVersion: number;
  /** The excepted session and the lower version that it needs, set by revocations that did not except it. */
  except?: { sessionId: string; minVersion: number } | undefined;
  revokedAt: number;
}

/** In order of arrival, which is nearly that of `revokedAt`. */
type Entries = Map<string, Entry>;

// Tolerance between the clocks of auth-service's instances: one issues a token that another revokes. The gateway's
// clock does not matter, since both times are auth-service's.
const CLOCK_TOLERANCE_MS = 10_000;
// Drops several entries at a time, because each time is logged.
const KEPT_PART = 0.9;

export function createRevocationList(options: RevocationListDeps): RevocationList {
  const { tokenLifeMs, limit, now, logger } = options;
  const sessions: Entries = new Map();
  const accounts: Entries = new Map();
  let refusedUntil = 0;

  const isOver = ({ revokedAt }: Entry): boolean => revokedAt + tokenLifeMs + CLOCK_TOLERANCE_MS <= now();
  const size = (): number => sessions.size + accounts.size;

  function add(revocation: Revocation, givenRevokedAt: number): void {
    const { accountId, sessionIds = [], minVersion, exceptSessionId: sessionId } = revocation;
    // A wrong time must not keep an entry for ever.
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
    logger.error('Too many revocations: every token issued until then is refused instead', {
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

/** The lowest version that a token of the session needs. */
function minVersionFor(sessionId: string, entry: Entry | undefined): number {
  return (entry?.except?.sessionId === sessionId ? entry.except.minVersion : entry?.minVersion) ?? 0;
}

/** A repetition changes nothing. Otherwise both revocations hold: the stricter version, the later time. */
function keep(entries: Entries, id: string, entry: Entry): void {
  const known = entries.get(id);
  const next = known ? stricter(known, entry) : entry;
  if (known && isSame(known, next)) return;
  entries.delete(id);
  entries.set(id, next);
}

/** Combines two entries. The result refuses a token if and only if one of them does, in any order of arrival. */
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
