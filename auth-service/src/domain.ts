import type { Registry } from '@prometheus-io/client';
import type { Db } from 'mongodb';
import type { AuditTrail, Refusals } from 'service-kit/audit';
import type { Endpoint } from 'service-kit/http';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import type { Consumer } from 'service-kit/messaging';
import { createIdempotencyKeys, type StoredIdempotencyKeys } from 'service-kit/mongo';
import type { RedisClient } from 'service-kit/redis';
import { createAccountStore } from './accounts/account-store.ts';
import { bootstrapAdmin } from './accounts/bootstrap-admin.ts';
import { changePassword } from './accounts/change-password.ts';
import { createAccount } from './accounts/create-account.ts';
import { deleteAccount, deleteOwnAccount } from './accounts/delete-account.ts';
import { endBans } from './accounts/end-bans.ts';
import { createAssertHardToGuess } from './accounts/hard-to-guess.ts';
import { createPasswordHasher } from './accounts/password-hasher.ts';
import { createPasswordJudge } from './accounts/password-judge.ts';
import { registerAccount } from './accounts/register-account.ts';
import { replaceRoles } from './accounts/replace-roles.ts';
import { restoreAccount } from './accounts/restore-account.ts';
import { lookUpAccounts, searchAccounts } from './accounts/search-accounts.ts';
import { setStatus } from './accounts/set-status.ts';
import { updateAccount, updateProfile } from './accounts/update-profile.ts';
import type { RoutesDependencies } from './app.ts';
import { createAudit } from './audit/audit.ts';
import { authenticateClient } from './clients/authenticate-client.ts';
import { createClientStore } from './clients/client-store.ts';
import { createClient } from './clients/create-client.ts';
import { deleteClient } from './clients/delete-client.ts';
import { rotateClientSecret } from './clients/rotate-client-secret.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { answerGrants } from './entitlements/answer-grants.ts';
import { createEntitlementMetrics } from './entitlements/entitlement-metrics.ts';
import { createEntitlementStore } from './entitlements/entitlement-store.ts';
import { createOrderCommit } from './entitlements/execute-orders.ts';
import type { RewardMessage } from './entitlements/grant-messages.ts';
import { createOrderStore } from './entitlements/order-store.ts';
import { placeOrder } from './entitlements/place-order.ts';
import { rewardRequests } from './entitlements/reward-requests-consumer.ts';
import { createDeviceStore } from './guests/device-store.ts';
import { createDeviceKeys } from './guests/device.ts';
import { enterAsGuest } from './guests/enter-as-guest.ts';
import { upgradeGuest } from './guests/upgrade-guest.ts';
import type { MakeId } from './ids.ts';
import { createLimits } from './limits/limits.ts';
import { offerPasswordReset } from './password-resets/offer-password-reset.ts';
import { createPasswordResetStore } from './password-resets/password-reset-store.ts';
import { resetPassword } from './password-resets/reset-password.ts';
import { eraseAccounts } from './personal-data/erase-accounts.ts';
import { exportData } from './personal-data/export-data.ts';
import { readRevocations } from './revocations/read-revocations.ts';
import { introspectToken } from './oauth/introspect-token.ts';
import { issueToken } from './oauth/issue-token.ts';
import { revokeToken } from './oauth/revoke-token.ts';
import { serverMetadata } from './oauth/server-metadata.ts';
import { createRevocationStore } from './revocations/revocation-store.ts';
import { createRevoke } from './revocations/revoke.ts';
import { createDeadSessions } from './sessions/dead-sessions.ts';
import { createEndSessions } from './sessions/end-sessions.ts';
import { createEndedSessionStore } from './sessions/ended-session-store.ts';
import { logIn } from './sessions/log-in.ts';
import { createLogins } from './sessions/logins.ts';
import { endAllSessions, endSession, logOut } from './sessions/log-out.ts';
import { refreshSession } from './sessions/refresh-session.ts';
import { createRefreshTokens } from './sessions/refresh-token.ts';
import { removeEndedSessions } from './sessions/remove-ended-sessions.ts';
import { createSessionCap } from './sessions/session-cap.ts';
import { createSessionIssuer } from './sessions/session-issuer.ts';
import { createRotations } from './sessions/rotations.ts';
import { createSessionStore } from './sessions/session-store.ts';
import { createAccessTokens } from './tokens/access-token.ts';
import { checkAccessToken } from './tokens/check-access-token.ts';
import type { DerivedKeys } from './tokens/derive-keys.ts';
import { createKeyRing } from './tokens/key-ring.ts';
import { rotateKeys } from './tokens/rotate-keys.ts';
import { signingKeyControls } from './tokens/signing-key-controls.ts';
import { createSigningKeyStore } from './tokens/signing-key-store.ts';
import type { Transact } from './transact.ts';

export interface DomainOptions {
  derivedKeys: DerivedKeys;
  config: Pick<
    Config,
    | 'tokens'
    | 'clients'
    | 'hashing'
    | 'judging'
    | 'limits'
    | 'sessions'
    | 'bootstrapAdmin'
    | 'entitlements'
    | 'accounts'
  >;
  db: Db;
  redis: RedisClient;
  trail: AuditTrail;
  refusals: Refusals;
  transact: Transact;
  clock: Clock;
  makeId: MakeId;
  logger: Logger;
  metrics: Registry;
  ensureIndexes: () => Promise<void>;
}

/** The use cases over their stores, without anything that speaks HTTP or AMQP. */
export interface Domain {
  routes: RoutesDependencies;
  /** What calls with an `Idempotency-Key` were answered. */
  idempotencyKeys: StoredIdempotencyKeys;
  /** Of the admin port. */
  controls: Endpoint[];
  rewardRequests: Consumer<RewardMessage>;
  /** Spends and make-goods; ends when those that were asked for are committed. */
  orders: Component;
  /** Judges new passwords; ends its threads at the stop. */
  passwordJudge: Component;
  /** Follows what other instances do to the signing keys. */
  signingKeys: Component;
  /** What is to be done again and again, on any instance at any time. */
  jobs: {
    endBans: () => Promise<void>;
    eraseAccounts: () => Promise<void>;
    removeEndedSessions: () => Promise<void>;
  };
  /** What has to be there before the first request: indexes, a signing key, the first ADMIN. */
  prepare(): Promise<void>;
}

/** Revocations in an answer to a gateway; it asks again at once while there are more. */
const REVOCATIONS_PAGE = 5_000;

export function createDomain(options: DomainOptions): Domain {
  const { config, derivedKeys, db, redis, trail, refusals, transact, clock, makeId, logger } = options;
  const registry = options.metrics;
  const audit = createAudit({ trail, refusals, nameKey: derivedKeys.auditNames });
  const accounts = createAccountStore(db);
  const sessions = createSessionStore(db);
  const endedSessions = createEndedSessionStore(db);
  const clients = createClientStore(db);
  const entitlements = createEntitlementStore(db);
  const ledgerOrders = createOrderStore(db);
  const revocations = createRevocationStore(db);
  const idempotencyKeys = createIdempotencyKeys({ db });
  const devices = createDeviceStore(db);
  const passwordResets = createPasswordResetStore(db);

  const { accessTtlMs, refreshTtlMs, keyLeadMs: leadMs } = config.tokens;
  const signingKeys = createSigningKeyStore(db, derivedKeys.signingKeys);
  const keyRing = createKeyRing({ store: signingKeys, accessTtlMs, clock, logger });
  const keys = rotateKeys({
    store: signingKeys,
    keyRing,
    accessTtlMs,
    leadMs,
    audit,
    transact,
    clock,
    logger,
  });

  const hasher = createPasswordHasher(config.hashing);
  const passwordJudge = createPasswordJudge({ ...config.judging, metrics: registry });
  const assertHardToGuess = createAssertHardToGuess({ judge: passwordJudge, metrics: registry });
  const refreshTokens = createRefreshTokens(derivedKeys.refreshTokens);
  const accessTokens = createAccessTokens({ ...config.tokens, signingKey: () => keyRing.signingKey() });
  const issuer = createSessionIssuer({ refreshTokens, accessTokens, refreshTtlMs, makeId });
  const revoke = createRevoke({ revocations, accessTtlMs, clock });
  const deadSessions = createDeadSessions(redis);
  const endSessions = createEndSessions({ sessions, endedSessions, deadSessions, revoke, clock });
  const limits = createLimits({ redis, hasher, metrics: registry }, config.limits);
  const capSessions = createSessionCap(
    { sessions, deadSessions, revoke, transact, clock, metrics: registry, logger },
    { perAccount: config.sessions.perAccount, accessTtlMs },
  );
  const rotations = createRotations({ sessions, accounts, metrics: registry });
  const logins = createLogins({ accounts, sessions, audit, transact, metrics: registry });
  const means = {
    rotations,
    logins,
    ...limits,
    audit,
    audited: audit.audited,
    trail,
    accounts,
    clients,
    ...config.clients,
    devices,
    deviceKeyOf: createDeviceKeys(derivedKeys.devices),
    entitlements,
    passwordResets,
    revoke,
    endSessions,
    endedSessions,
    deadSessions,
    capSessions,
    sessions,
    issuer,
    refreshTokens,
    hasher,
    passwordJudge,
    assertHardToGuess,
    accessTokens,
    checkAccessToken: checkAccessToken({
      ...config.tokens,
      verificationKey: (kid) => keyRing.verificationKey(kid),
    }),
    transact,
    makeId,
    clock,
    logger,
  };

  const metrics = createEntitlementMetrics(registry);
  const rules = config.entitlements;
  const orders = createOrderCommit({
    accounts,
    entitlements,
    orders: ledgerOrders,
    audit,
    transact,
    clock,
    metrics,
    registry,
  });

  const { issuer: issuerUrl, audience } = config.tokens;
  const entrances = { logIn: logIn(means), refreshSession: refreshSession(means) };
  const asClient = { ...means, authenticateClient: authenticateClient(means) };

  return {
    idempotencyKeys,
    prepare: async () => {
      await options.ensureIndexes();
      await keys.begin();
      if (config.bootstrapAdmin) await bootstrapAdmin(config.bootstrapAdmin, means);
    },
    controls: signingKeyControls({ keyRing, rotateKeys: keys }),
    signingKeys: keyRing.component,
    passwordJudge,
    rewardRequests: rewardRequests(answerGrants({ accounts, entitlements, rules, clock, metrics })),
    orders,
    jobs: {
      endBans: endBans(means),
      eraseAccounts: eraseAccounts(means, config.accounts.retentionMs),
      removeEndedSessions: removeEndedSessions({ sessions, endedSessions, metrics: registry }),
    },
    routes: {
      accounts,
      sessions,
      clients,
      entitlements,
      trail,
      audit,
      placeOrder: placeOrder({ orders }),
      clock,
      registerAccount: registerAccount(means),
      ...entrances,
      logOut: logOut(means),
      endSession: endSession(means),
      searchAccounts: searchAccounts(means),
      updateProfile: updateProfile(means),
      changePassword: changePassword(means),
      replaceRoles: replaceRoles(means),
      setStatus: setStatus(means),
      createClient: createClient(means),
      rotateClientSecret: rotateClientSecret(means),
      deleteClient: deleteClient(means),
      authenticateClient: asClient.authenticateClient,
      issueToken: issueToken({ ...asClient, ...entrances }),
      introspectToken: introspectToken({ ...means, issuer: issuerUrl, audience }),
      revokeToken: revokeToken(asClient),
      serverMetadata: serverMetadata(issuerUrl),
      enterAsGuest: enterAsGuest(means),
      upgradeGuest: upgradeGuest(means),
      lookUpAccounts: lookUpAccounts(means),
      createAccount: createAccount(means),
      updateAccount: updateAccount(means),
      deleteAccount: deleteAccount(means),
      deleteOwnAccount: deleteOwnAccount(means),
      restoreAccount: restoreAccount(means),
      endAllSessions: endAllSessions(means),
      offerPasswordReset: offerPasswordReset(means),
      resetPassword: resetPassword(means),
      exportData: exportData(means),
      publicKeys: () => keyRing.publicKeys(),
      readRevocations: readRevocations({ revocations, pageSize: REVOCATIONS_PAGE, clock }),
    },
  };
}
