import {
  createPlatform,
  createService,
  type ModularService,
  type PlatformOverrides,
} from 'service-kit/service';
import { createAccountManagement } from './account-management/module.ts';
import { createAccountStore } from './accounts/account-store.ts';
import { createAudit } from './audit/audit.ts';
import { createAuditReads } from './audit/module.ts';
import type { Config } from './config.ts';
import { createGuests } from './guests/module.ts';
import { problems } from './http/problems.ts';
import { createLedger } from './ledger/module.ts';
import { createLimits } from './limits/limits.ts';
import { createOAuth } from './oauth/module.ts';
import { createPasswordResets } from './password-resets/module.ts';
import { createPasswords } from './passwords/module.ts';
import { createPersonalData } from './personal-data/module.ts';
import { createSessions } from './sessions/module.ts';
import { deriveKeys } from './tokens/derive-keys.ts';
import { createTokens } from './tokens/module.ts';

/** Wires the service; nothing is opened before its lifecycle starts. */
export function buildService(config: Config, overrides: PlatformOverrides = {}): ModularService {
  const keys = deriveKeys(config.tokens.secret);
  const platform = createPlatform({ service: 'auth-service', config, auditKey: keys.audit, ...overrides });
  const { db, redis, trail, refusals, metrics } = platform;
  const audit = createAudit({ trail, refusals, nameKey: keys.auditNames });
  const accounts = createAccountStore(db);

  const passwords = createPasswords(platform, { hashing: config.hashing, judging: config.judging });
  const { hasher } = passwords;
  const limits = createLimits({ redis: redis.client, hasher, metrics }, config.limits);
  const tokens = createTokens(platform, { audit, sealingKey: keys.signingKeys, settings: config.tokens });
  const { accessTtlMs, refreshTtlMs, issuer, audience } = config.tokens;
  const sessions = createSessions(platform, {
    audit,
    accounts,
    passwords,
    limits,
    accessTokens: tokens.accessTokens,
    refreshTokenKey: keys.refreshTokens,
    settings: { accessTtlMs, refreshTtlMs, perAccount: config.sessions.perAccount },
  });
  const { endSessions } = sessions;
  const guests = createGuests(platform, {
    audit,
    accounts,
    passwords,
    limits,
    sessions,
    deviceKey: keys.devices,
  });
  const { devices } = guests;
  const resets = createPasswordResets(platform, { audit, accounts, passwords, limits, endSessions });
  const management = createAccountManagement(platform, {
    audit,
    accounts,
    passwords,
    limits,
    sessions,
    devices,
    bootstrap: config.bootstrapAdmin,
  });
  const { secretOverlapMs } = config.clients;
  const oauth = createOAuth(platform, {
    audit,
    accounts,
    sessions,
    tokens,
    settings: { issuer, audience, secretOverlapMs },
  });
  const ledger = createLedger(platform, {
    audit,
    accounts,
    rules: config.entitlements,
    tuning: config.rewardRequests,
  });
  const personalData = createPersonalData(platform, {
    audit,
    accounts,
    sessions: sessions.sessions,
    devices,
    passwordResets: resets.passwordResets,
    entitlements: ledger.entitlements,
    retentionMs: config.accounts.retentionMs,
  });

  return createService({
    platform,
    config,
    modules: [
      passwords,
      tokens,
      sessions,
      guests,
      resets,
      management,
      personalData,
      ledger,
      oauth,
      createAuditReads(platform, audit),
    ],
    api: {
      version: '1.0.0',
      description: 'Accounts, sessions, access tokens, and the ledger of what an account owns.',
    },
    problems,
  });
}
