import {
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import jwt from 'jsonwebtoken';

export const ISSUER = 'http://issuer.test';
export const AUDIENCE = 'laurel';

/** A key pair like auth-service's. */
export interface SigningPair {
  kid: string;
  privateKey: KeyObject;
  jwk: JsonWebKey;
}

export function signingPair(kid: string): SigningPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' } };
}

export function publicPem(pair: SigningPair): string {
  return createPublicKey(pair.privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

export interface TokenChanges {
  claims?: object;
  header?: object;
  /** Claims to omit. */
  without?: string[];
}

/** An access token like auth-service's, with changes. */
export function accessToken(pair: SigningPair, { claims, header, without = [] }: TokenChanges = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const payload: Record<string, unknown> = {
    iss: ISSUER,
    aud: AUDIENCE,
    iat: now,
    exp: now + 600,
    jti: randomUUID(),
    sub: 'acc_1',
    sid: 'ses_1',
    roles: ['USER'],
    ver: 0,
    ...claims,
  };
  for (const name of without) delete payload[name];
  return jwt.sign(payload, pair.privateKey, {
    algorithm: 'ES256',
    header: { alg: 'ES256', typ: 'at+jwt', kid: pair.kid, ...header },
  });
}

/** A token of a service client: with scopes, without roles or a session. */
export function clientToken(pair: SigningPair, scope: string): string {
  return accessToken(pair, { claims: { sub: 'cli_1', scope }, without: ['sid', 'roles'] });
}
