import { LRUCache } from 'lru-cache';
import { type AccessToken, checkAccessToken, keyIdOf, type TokenRules } from './access-token.ts';
import type { JwksCache } from './jwks-cache.ts';
import type { Revocations } from './revocations.ts';

/** Verifies access tokens. Undefined: the token is not valid. */
export interface TokenVerifier {
  /** False until keys and revocations have been loaded once. */
  ready(): boolean;
  /** A cached result; undefined if `verify` must be asked. */
  recall(token: string): AccessToken | undefined;
  verify(token: string): Promise<AccessToken | undefined>;
  /** Whether a verified token is still valid. */
  holds(token: AccessToken): boolean;
}

export interface TokenVerifierDeps {
  jwks: JwksCache;
  revocations: Pick<Revocations, 'loaded' | 'isRevoked'>;
  rules: TokenRules;
  now: () => number;
  /** Cached tokens; each takes about a kilobyte. */
  maxCached?: number;
}

/** The cache covers signature and shape. Expiry, key and revocations are checked for every request. */
export function createTokenVerifier(deps: TokenVerifierDeps): TokenVerifier {
  const { jwks, revocations, rules, now, maxCached = 10_000 } = deps;
  const verified = new LRUCache<string, AccessToken>({ max: maxCached });

  function holds(token: AccessToken): boolean {
    return (
      token.expiresAt * 1000 > now() && jwks.get(token.kid) !== undefined && !revocations.isRevoked(token)
    );
  }

  function recall(token: string): AccessToken | undefined {
    const known = verified.get(token);
    if (!known) return undefined;
    if (holds(known)) return known;
    verified.delete(token);
    return undefined;
  }

  async function verify(token: string): Promise<AccessToken | undefined> {
    const known = recall(token);
    if (known) return known;
    const kid = keyIdOf(token);
    if (kid === undefined) return undefined;
    const key = jwks.get(kid) ?? (await jwks.lookUp(kid));
    if (!key) return undefined;
    const checked = checkAccessToken(token, kid, key, rules, now());
    if (!checked || revocations.isRevoked(checked)) return undefined;
    verified.set(token, checked);
    return checked;
  }

  return { ready: () => jwks.loaded() && revocations.loaded(), recall, verify, holds };
}
