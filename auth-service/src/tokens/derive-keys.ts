import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** The keys that come out of `AUTH_SECRET`, one for each purpose (HKDF, RFC 5869). */
export interface DerivedKeys {
  /** HMAC of refresh tokens. */
  refreshTokens: KeyObject;
  /** AES-256 under which signing keys are stored. */
  signingKeys: KeyObject;
  /** HMAC of audit entries and their seals. */
  audit: KeyObject;
  /** HMAC of names in audit entries. */
  auditNames: KeyObject;
  /** HMAC of the ids of guests' devices. */
  devices: KeyObject;
}

export function deriveKeys(secret: string): DerivedKeys {
  const derive = (purpose: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `laurel auth-service ${purpose} v1`, 32)));
  return {
    refreshTokens: derive('refresh tokens'),
    signingKeys: derive('signing keys'),
    audit: derive('audit'),
    auditNames: derive('audit names'),
    devices: derive('devices'),
  };
}
