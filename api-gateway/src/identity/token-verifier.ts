import { LRUCache } from 'lru-cache';
import { type AccessToken, checkAccessToken, keyIdOf, type TokenRules } from './access-token.ts';
import type { JwksCache } from './jwks-cache.ts';
import type { Revocations } from './revocations.ts';

/** Tells who a token speaks for. Undefined: nobody. */
export interface TokenVerifier {
  /** False while nothing can be said about any token, because keys or revocations have never been loaded. */
  ready(): boolean;
  /** The answer where it takes no waiting; undefined where `verify` has to be asked. */
  recall(token: string): AccessToken | undefined;
  verify(token: string): Promise<AccessToken | undefined>;
  /** Whether a token that was verified is still to be believed. */
  holds(token: AccessToken): boolean;
}

export interface TokenVerifierOptions {
  jwks: JwksCache;
  revocations: Pick<Revocations, 'loaded' | 'isRevoked'>;
  rules: TokenRules;
  now: () => number;
  /** Tokens kept; one takes about a kilobyte. */
  maxCached?: number;
}

/** A cached verdict covers the signature and the shape alone: time, key and revocations are looked at on every request. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { jwks, revocations, rules, now, maxCached = 10_000 } = options;
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
