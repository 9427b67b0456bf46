import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

/** A public key as it stands in the key set. Source: RFC 7517 and RFC 7518, section 6.2. */
export interface PublicJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
  kid: string;
  use: 'sig';
  alg: 'ES256';
}

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
  publicJwk: PublicJwk;
}

/** A private key as it is stored: AES-256-GCM, bound to its `kid`. */
export interface SealedPrivateKey {
  iv: string;
  ciphertext: string;
  tag: string;
}

export function generateSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const kid = thumbprintOf(x, y);
  return { kid, privateKey, publicJwk: { kty: 'EC', crv: 'P-256', x, y, kid, use: 'sig', alg: 'ES256' } };
}

/** RFC 7638: the hash of the required members in lexicographic order, without white space. */
function thumbprintOf(x: string, y: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
    .digest('base64url');
}

export function sealPrivateKey(key: SigningKey, sealingKey: KeyObject): SealedPrivateKey {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey, iv).setAAD(Buffer.from(key.kid));
  const content = key.privateKey.export({ format: 'der', type: 'pkcs8' });
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  return {
    iv: iv.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

/** @throws when it was sealed with another key, for another `kid`, or has been changed */
export function openPrivateKey(sealed: SealedPrivateKey, kid: string, sealingKey: KeyObject): KeyObject {
  const decipher = createDecipheriv('aes-256-gcm', sealingKey, Buffer.from(sealed.iv, 'base64'), {
    authTagLength: 16,
  })
    .setAAD(Buffer.from(kid))
    .setAuthTag(Buffer.from(sealed.tag, 'base64'));
  const content = Buffer.concat([
    decipher.update(Buffer.from(sealed.ciphertext, 'base64')),
    decipher.final(),
  ]);
  return createPrivateKey({ key: content, format: 'der', type: 'pkcs8' });
}
