import { createSecretKey, type KeyObject } from 'node:crypto';
import { duration, integer, optional, parseEnv, secret } from 'service-kit/config';
import { consumerTuning, consumerVariables } from 'service-kit/messaging';
import { platformConfig, platformVariables } from 'service-kit/service';
import { LONGEST_WAIT_S } from './claims/claim-wait.ts';

// The only reader of the environment.

export type Config = ReturnType<typeof loadConfig>;

const DEFAULTS = { port: 3002, adminPort: 3102, database: 'event_db' };
const SHORTEST_DEADLINE_MS = 1_000;

const AUDIT_VARIABLES = { AUDIT_SECRET: optional(secret({ min: 32 })) };
const ACTIVITY_VARIABLES = { ACTIVITY_MAX_AGE: duration('7d'), ACTIVITY_RETENTION: duration('90d') };

/** @throws {ConfigError} with all problems */
export function loadConfig(env: NodeJS.ProcessEnv) {
  const values = parseEnv(env, {
    ...platformVariables(env, DEFAULTS),
    ...consumerVariables(['REWARD_RESULTS', 'ACCOUNT_EVENTS', 'ACTIVITY']),
    ...AUDIT_VARIABLES,
    ...ACTIVITY_VARIABLES,
    CLAIM_WAIT_MS: integer({ min: 0, max: LONGEST_WAIT_S * 1_000, fallback: 2_000 }),
    CLAIM_DEADLINE: duration('2m').refine((ms) => ms >= SHORTEST_DEADLINE_MS, 'must be at least 1s'),
    CLAIM_ATTEMPT_RETENTION: duration('30d'),
    REVOKE_JOB_RATE: integer({ min: 1, max: 1_000, fallback: 200 }),
    INVITE_MAX_PER_DAY: integer({ min: 1, max: 10_000, fallback: 20 }),
    INVITE_MAX_ACCOUNT_AGE: duration('7d'),
  });
  return {
    ...platformConfig(values, env),
    auditKey: auditKeyIn(values),
    claims: {
      waitMs: values.CLAIM_WAIT_MS,
      deadlineMs: values.CLAIM_DEADLINE,
      attemptRetentionMs: values.CLAIM_ATTEMPT_RETENTION,
    },
    revokes: { rate: values.REVOKE_JOB_RATE },
    invites: { maxPerDay: values.INVITE_MAX_PER_DAY, maxAgeMs: values.INVITE_MAX_ACCOUNT_AGE },
    activity: activityLimits(values),
    consumers: {
      rewardResults: consumerTuning(values, 'REWARD_RESULTS'),
      accountEvents: consumerTuning(values, 'ACCOUNT_EVENTS'),
      activity: consumerTuning(values, 'ACTIVITY'),
    },
  };
}

function auditKeyIn({ AUDIT_SECRET }: { AUDIT_SECRET: string | undefined }): KeyObject | undefined {
  return AUDIT_SECRET === undefined ? undefined : createSecretKey(AUDIT_SECRET, 'utf8');
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Items are kept for longer than a message with them can be replayed and still be young enough, however short the
 * wanted time: otherwise they would count twice.
 */
function activityLimits(variables: {
  INBOX_RETENTION: number;
  ACTIVITY_MAX_AGE: number;
  ACTIVITY_RETENTION: number;
}) {
  const { INBOX_RETENTION, ACTIVITY_MAX_AGE: maxAgeMs, ACTIVITY_RETENTION } = variables;
  return { maxAgeMs, retentionMs: Math.max(ACTIVITY_RETENTION, INBOX_RETENTION + maxAgeMs + DAY_MS) };
}
