import { createHash, createHmac, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';

/** The parts of a refresh token. It is opaque to every other program. */
export interface RefreshToken {
  sessionId: string;
  generation: number;
  text: string;
}

/** Mints and reads refresh tokens under one server key. */
export interface RefreshTokens {
  /** The first token of a session. */
  first(sessionId: string): RefreshToken;
  /**
   * The one successor that this token can have. It is derived, not drawn: two requests with the same token at the same
   * time get the same successor, although no instance asks another and none keeps it.
   */
  successorOf(token: RefreshToken): RefreshToken;
  /** @returns undefined for everything that was not made under this key */
  read(text: string): RefreshToken | undefined;
}

const FORM = /^(ses_[\w-]{22})\.(0|[1-9]\d{0,8})\.([\w-]{43})\.([\w-]{22})$/;
const SEAL_BYTES = 16;

/**
 * `<session>.<generation>.<secret>.<seal>`. The seal (an HMAC over the rest) tells a token that was once good from
 * one that was made up, without keeping the old ones: only the former may end a session.
 */
export function createRefreshTokens(key: KeyObject): RefreshTokens {
  function hmac(...parts: (string | number)[]): Buffer {
    return createHmac('sha256', key).update(JSON.stringify(parts)).digest();
  }

  function sealOf(sessionId: string, generation: number, secret: string): Buffer {
    return hmac('seal', sessionId, generation, secret).subarray(0, SEAL_BYTES);
  }

  function mint(sessionId: string, generation: number, secretBytes: Buffer): RefreshToken {
    const secret = secretBytes.toString('base64url');
    const seal = sealOf(sessionId, generation, secret).toString('base64url');
    return { sessionId, generation, text: `${sessionId}.${generation}.${secret}.${seal}` };
  }

  return {
    first: (sessionId) => mint(sessionId, 0, randomBytes(32)),
    successorOf: ({ sessionId, generation, text }) =>
      mint(sessionId, generation + 1, hmac('successor', sessionId, generation, text)),
    read: (text) => {
      const [, sessionId, digits, secret, seal] = FORM.exec(text) ?? [];
      if (!sessionId || !digits || !secret || !seal) return undefined;
      const generation = Number(digits);
      const expected = sealOf(sessionId, generation, secret).toString('base64url');
      if (!timingSafeEqual(Buffer.from(seal), Buffer.from(expected))) return undefined;
      return { sessionId, generation, text };
    },
  };
}

/** What is stored of a token. It has 256 random bits, so a plain hash cannot be turned around. */
export function hashOf(token: RefreshToken): string {
  return createHash('sha256').update(token.text).digest('base64url');
}
