import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrokerObserver } from '../src/chaos/broker/broker-observer.ts';
import { balancesAreSums } from '../src/chaos/checks/balances-are-sums.ts';
import { claimsAnswered } from '../src/chaos/checks/claims-answered.ts';
import { claimsMatchDecisions } from '../src/chaos/checks/claims-match-decisions.ts';
import { grantedOnce } from '../src/chaos/checks/granted-once.ts';
import { replayChangesNothing } from '../src/chaos/checks/replay-changes-nothing.ts';
import { statesStayFinal } from '../src/chaos/checks/states-stay-final.ts';
import { readSystemState } from '../src/chaos/checks/system-state.ts';
import type { Snare } from '../src/chaos/links/link.ts';
import { Journal } from '../src/chaos/load/journal.ts';
import { seededRandom } from '../src/chaos/random.ts';
import { StoreWatch } from '../src/chaos/watch/store-watch.ts';
import * as operations from '../src/client/operations.ts';
import { Claim } from '../src/client/messages.ts';
import { brokenInvariants } from '../src/invariants/claim-invariants.ts';
import { type ClaimStage, claimUntilAccepted, setClaimStage } from './claim-load.ts';
import { type Snared, type SnaredSystem, startSnaredSystem, type Store } from './snared-system.ts';

/** A moment at which a service is killed: when these bytes leave it, or once they have and before the answer. */
type Step = [service: Snared, when: string, to: Store, snare: Snare];

/** The first field of a command on a collection, as BSON has it. */
function write(command: 'insert' | 'update', collection: string): Snare {
  const length = Buffer.alloc(4);
  length.writeInt32LE(collection.length + 1);
  const bytes = Buffer.concat([Buffer.from(`\x02${command}\0`), length, Buffer.from(`${collection}\0`)]);
  return { bytes, swallows: 'there' };
}

/** A routing key, as AMQP's `basic.publish` has it. */
const publish = (routingKey: string, swallows: Snare['swallows'] = 'there'): Snare => ({
  bytes: Buffer.from(`${String.fromCharCode(routingKey.length)}${routingKey}`),
  swallows,
});

/** The length of AMQP's method `basic.ack`, its class and its number. */
const ack: Snare = { bytes: Buffer.from([0, 0, 0, 13, 0, 60, 0, 80]), swallows: 'there' };

const CLAIM_STEPS: Step[] = [
  ['game-event-service', 'a claim is not committed', 'mongodb', write('insert', 'claims')],
  ['game-event-service', 'the request is not sent', 'rabbitmq', publish('reward.requested')],
  ['game-event-service', 'the request is not confirmed', 'rabbitmq', publish('reward.requested', 'back')],
  ['auth-service', 'the grant is not committed', 'mongodb', write('insert', 'ledger')],
  ['auth-service', 'the request is not acknowledged', 'rabbitmq', ack],
  ['auth-service', 'the result is not sent', 'rabbitmq', publish('reward.granted')],
  ['auth-service', 'the result is not confirmed', 'rabbitmq', publish('reward.granted', 'back')],
  ['game-event-service', 'the settlement is not committed', 'mongodb', write('update', 'claims')],
  ['game-event-service', 'the result is not acknowledged', 'rabbitmq', ack],
];

/** Those that a claim does not have; the others are the same code. */
const REVOKE_STEPS: Step[] = [
  ['game-event-service', 'a revoke is not committed', 'mongodb', write('update', 'claims')],
  ['game-event-service', 'its request is not sent', 'rabbitmq', publish('reward.revoke-requested')],
  ['auth-service', 'the reversal is not committed', 'mongodb', write('insert', 'ledger')],
];

const STOCK = 100;
const RETRY_PAUSE_MS = 200;

let laurel: SnaredSystem;
let stage: ClaimStage;
let watch: StoreWatch;
const journal = new Journal();
const granted: Claim[] = [];

beforeAll(async () => {
  laurel = await startSnaredSystem();
  stage = await setClaimStage(laurel, CLAIM_STEPS.length, STOCK);
  watch = new StoreWatch(laurel.mongo);
  await watch.start();
}, 120_000);
afterAll(async () => {
  await watch.stop();
  await laurel.stop();
});

/** Kills the service when the snare springs, and starts it again. */
async function killAt([service, , to, snare]: Step): Promise<void> {
  const link = laurel.link(service, to);
  await link.snare(snare);
  const server = laurel.system.server(service);
  await server.kill();
  link.reset();
  await server.start();
}

async function statusOf(id: string): Promise<string> {
  const { client, adminToken: token } = stage;
  return Claim.parse((await client.call('GET', `/v1/claims/${id}`, { token })).body).status;
}

const eventually = { timeout: 30_000, interval: 50 };

it.each(CLAIM_STEPS)(
  'kill -9 of %s when %s: the claim is granted',
  async (...step) => {
    const token = stage.playerTokens[granted.length] ?? '';
    const [claim] = await Promise.all([claimUntilAccepted(stage, token), killAt(step)]);
    granted.push(claim);
    const record = journal.claim(stage.eventId, stage.rewardId, claim.accountId);
    record.seen.add(claim.id);
    await expect.poll(() => statusOf(claim.id), eventually).toBe('granted');
  },
  60_000,
);

it.each(REVOKE_STEPS)(
  'kill -9 of %s when %s: the claim is revoked',
  async (...step) => {
    const { id } = granted.shift() ?? { id: '' };
    await Promise.all([revokeUntilAccepted(id), killAt(step)]);
    await expect.poll(() => statusOf(id), eventually).toBe('revoked');
  },
  60_000,
);

async function revokeUntilAccepted(claimId: string): Promise<void> {
  const { client, adminToken: token } = stage;
  const options = { token, body: { reason: 'granted by mistake' } };
  for (;;) {
    const answer = await client.call('POST', `/v1/claims/${claimId}/revoke`, options).catch(() => undefined);
    if (answer?.status === 202) return;
    if (answer && answer.status < 500) throw new Error(`refused: ${JSON.stringify(answer.body)}`);
    await pause(RETRY_PAUSE_MS);
  }
}

it('afterwards I1 to I9 hold', async () => {
  const { mongo, brokerUrl, brokerNodes } = laurel;
  await expect
    .poll(() => brokenInvariants(laurel.system.backing), { timeout: 60_000, interval: 200 })
    .toEqual([]);
  await watch.caughtUp();
  const state = await readSystemState(mongo);
  const broker = new BrokerObserver([brokerUrl], brokerNodes);
  const bindings = await broker.bindings();
  const passingQueues = (await broker.depths())
    .map(({ name }) => name)
    .filter((name) => !name.endsWith('.dead') && !name.startsWith('amq.'));
  const verdicts = [
    claimsAnswered(journal.claims.values(), state),
    grantedOnce(state),
    balancesAreSums(state, watch.tampering),
    claimsMatchDecisions(state),
    statesStayFinal(watch.transitions.byClaim, watch.transitions.removed, journal.sightings),
    await replayChangesNothing({ mongo, broker, watch, passingQueues }, bindings, seededRandom(1, 'replay')),
  ];
  expect(verdicts.flatMap(({ id, breaches }) => breaches.map((breach) => [id, breach]))).toEqual([]);
  expect(verdicts.filter(({ checked }) => checked === 0)).toEqual([]);
  const reward = await operations.readReward(stage.client, stage.adminToken, stage.eventId, stage.rewardId);
  expect(reward).toMatchObject({
    available: STOCK - CLAIM_STEPS.length,
    reserved: 0,
    granted: CLAIM_STEPS.length,
  });
}, 120_000);
