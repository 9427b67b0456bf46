import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type ClaimStage,
  everyClaimGrantedOnce,
  newPlayers,
  setClaimStage,
  stockOf,
  strikeClaimStage,
} from '../src/bench/claims/claim-stage.ts';
import { load } from '../src/bench/load/load.ts';
import { brokenInvariants } from '../src/invariants/claim-invariants.ts';
import { waitUntil } from '../src/processes/wait-until.ts';

const CLAIMS_PER_SECOND = 100;
/** Each connection waits for `CLAIM_WAIT_MS` before it has its 202. */
const CONNECTIONS = 1_000;
const BEFORE_MS = 3_000;
const OUTAGE_MS = 3_000;
const SETTLED_WITHIN_MS = 180_000;

let stage: ClaimStage;
beforeAll(async () => {
  stage = await setClaimStage();
}, 120_000);
afterAll(() => strikeClaimStage(stage));

it('claims are accepted while the broker is down, and granted afterwards', { timeout: 240_000 }, async () => {
  const { system } = stage.privateSystem;
  const durationMs = BEFORE_MS + OUTAGE_MS;
  const loading = load({
    url: system.url,
    path: `/v1/events/${stage.eventId}/claims`,
    method: 'POST',
    body: '{}',
    tokens: await newPlayers(stage, (durationMs * CLAIMS_PER_SECOND) / 1_000),
    connections: CONNECTIONS,
    rate: CLAIMS_PER_SECOND,
    durationMs,
  });
  await delay(BEFORE_MS);
  await system.server('rabbitmq').kill();
  const { statuses } = await loading;
  expect(await stage.client.db('event_db').collection('outbox').countDocuments()).toBeGreaterThan(0);
  await system.server('rabbitmq').start();
  await waitUntil(async () => (await stockOf(stage)).reserved === 0, {
    limitMs: SETTLED_WITHIN_MS,
    what: 'every claim to be settled',
  });

  const { 201: created = 0, 202: pending = 0, error = 0 } = statuses;
  const { granted } = await stockOf(stage);
  expect(pending).toBeGreaterThan(0);
  // A claim without an answer may have been stored or not.
  expect(granted).toBeGreaterThanOrEqual(created + pending);
  expect(granted).toBeLessThanOrEqual(created + pending + error);
  await everyClaimGrantedOnce(stage);
  expect(await brokenInvariants(system.backing)).toEqual([]);
});
