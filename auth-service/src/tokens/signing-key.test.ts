import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateSigningKey, openPrivateKey, sealPrivateKey } from './signing-key.ts';

const sealingKey = createSecretKey(randomBytes(32));

describe('a signing key', () => {
  it('is published without its private part, named by its RFC 7638 thumbprint', () => {
    const { kid, publicJwk } = generateSigningKey();
    expect(publicJwk).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: expect.any(String),
      y: expect.any(String),
      kid,
      use: 'sig',
      alg: 'ES256',
    });
    expect(kid).toMatch(/^[\w-]{43}$/);
  });

  it('comes out of its seal as it went in, and the seal does not show it', () => {
    const key = generateSigningKey();
    const sealed = sealPrivateKey(key, sealingKey);
    expect(openPrivateKey(sealed, key.kid, sealingKey).equals(key.privateKey)).toBe(true);
    const { d } = key.privateKey.export({ format: 'jwk' });
    expect(Buffer.from(sealed.ciphertext, 'base64').includes(Buffer.from(d ?? '', 'base64url'))).toBe(false);
  });

  it('cannot be opened with another secret, under another name, or changed', () => {
    const key = generateSigningKey();
    const sealed = sealPrivateKey(key, sealingKey);
    expect(() => openPrivateKey(sealed, key.kid, createSecretKey(randomBytes(32)))).toThrow();
    expect(() => openPrivateKey(sealed, 'another', sealingKey)).toThrow();
    const tag = Buffer.from(sealed.tag, 'base64').subarray(0, 4).toString('base64');
    expect(() => openPrivateKey({ ...sealed, tag }, key.kid, sealingKey)).toThrow();
  });
});
