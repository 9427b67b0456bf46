import type { KeyObject } from 'node:crypto';
import type { Module, Platform } from 'service-kit/service';
import type { Audit } from '../audit/audit.ts';
import { createAccessTokens, type AccessTokens } from './access-token.ts';
import { checkAccessToken, type CheckAccessToken } from './check-access-token.ts';
import { jwksRoutes } from './jwks-routes.ts';
import { createKeyRing } from './key-ring.ts';
import { rotateKeys } from './rotate-keys.ts';
import { signingKeyControls } from './signing-key-controls.ts';
import { createSigningKeyStore, signingKeyIndexes } from './signing-key-store.ts';

export interface TokensModule extends Module {
  accessTokens: AccessTokens;
  checkAccessToken: CheckAccessToken;
}

export interface TokensNeeds {
  audit: Audit;
  /** Under which private keys are stored. */
  sealingKey: KeyObject;
  settings: { issuer: string; audience: string; accessTtlMs: number; keyLeadMs: number };
}

/** Access tokens, and the keys that sign them. */
export function createTokens(platform: Platform, needs: TokensNeeds): TokensModule {
  const { db, transact, clock, logger } = platform;
  const { audit, sealingKey, settings } = needs;
  const { issuer, audience, accessTtlMs, keyLeadMs: leadMs } = settings;
  const store = createSigningKeyStore(db, sealingKey);
  const keyRing = createKeyRing({ store, accessTtlMs, clock, logger });
  const keys = rotateKeys({ store, keyRing, accessTtlMs, leadMs, audit, transact, clock, logger });
  return {
    accessTokens: createAccessTokens({
      issuer,
      audience,
      accessTtlMs,
      signingKey: () => keyRing.signingKey(),
    }),
    checkAccessToken: checkAccessToken({
      issuer,
      audience,
      verificationKey: (kid) => keyRing.verificationKey(kid),
    }),
    endpoints: jwksRoutes(() => keyRing.publicKeys()),
    controls: signingKeyControls({ keyRing, rotateKeys: keys }),
    components: [{ name: 'first signing key', start: () => keys.begin() }, keyRing.component],
    indexes: signingKeyIndexes,
  };
}
