import jwt from 'jsonwebtoken';
import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface TokenMint {
  /** Where the gateway finds the key: goes into its `JWKS_URL`. */
  jwksUrl: string;
  /** The key itself. */
  jwk: object;
  /** An access token as auth-service would make it. */
  accessToken(claims: { accountId: string; roles: string[]; issuer: string }): string;
  /** The same of a service client. */
  clientToken(claims: { clientId: string; scopes: string[]; issuer: string }): string;
  stop(): Promise<void>;
}

const AUDIENCE = 'laurel';
const KEY_ID = 'bench';
/** Higher than bans and changes of roles make an account's: what is minted once stays good. */
const VERSION = 1_000_000;

/**
 * Makes access tokens for any number of accounts. A benchmark of claims needs tens of thousands of players, and
 * logging each of them in would measure password hashing; so a private system's gateway is told to trust this
 * key. Checking such a token costs what any other costs.
 */
export async function startTokenMint(): Promise<TokenMint> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = JSON.stringify({ keys: [publicJwk(publicKey)] });
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(keys);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has a TCP address
  const { port } = server.address() as AddressInfo;
  const sign = (claims: object, subject: string, issuer: string): string =>
    jwt.sign(claims, privateKey, {
      algorithm: 'ES256',
      header: { alg: 'ES256', typ: 'at+jwt', kid: KEY_ID },
      subject,
      issuer,
      audience: AUDIENCE,
      expiresIn: '1h',
      jwtid: randomUUID(),
    });
  return {
    jwk: publicJwk(publicKey),
    jwksUrl: `http://127.0.0.1:${port}/jwks.json`,
    accessToken: ({ accountId, roles, issuer }) =>
      sign({ sid: `ses_${accountId}`, roles, ver: VERSION }, accountId, issuer),
    clientToken: ({ clientId, scopes, issuer }) =>
      sign({ scope: scopes.join(' '), ver: VERSION }, clientId, issuer),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function publicJwk(key: KeyObject): object {
  return { ...key.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'ES256' };
}
