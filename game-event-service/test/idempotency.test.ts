import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { EventResponse } from '../src/catalog/events/event-schema.ts';
import { startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf, expectProblem } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, claim, eventBody, makeEvent, operator, rewardBody } from './support/scenario.ts';

let auth: AuthStandIn;
let one: RunningService;
let two: RunningService;
beforeAll(async () => {
  auth = await startAuthStandIn();
  one = await startService();
  two = await startService({ beside: one });
});
afterAll(async () => {
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const keyed = (body: object, key: string) => ({ as: operator, body, headers: { 'idempotency-key': key } });

it('an event that is asked for twenty times with one key, at two instances, is made once', async () => {
  const call = keyed(eventBody({ name: 'Made once' }), randomUUID());
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 ? one : two).call('POST', '/v1/events', call)),
  );
  const again = await two.call('POST', '/v1/events', call);
  const event = bodyOf(again, 201, EventResponse);
  expect(await one.db.collection('events').countDocuments({ name: 'Made once' })).toBe(1);
  const made = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(made.map(({ body }) => body)).toEqual(made.map(() => event));
  for (const answer of refused) expectProblem(answer, 409, 'idempotency_in_progress');
  expect(again.headers.get('location')).toBe(`/v1/events/${event.id}`);
  expect(again.headers.get('etag')).toBe('"1"');
});

it('a reward is added once with one key; with another body the key is refused', async () => {
  const { id } = await makeEvent(one.call);
  const target = `/v1/events/${id}/rewards`;
  const key = randomUUID();
  const first = await one.call('POST', target, keyed(rewardBody(), key));
  expect(await two.call('POST', target, keyed(rewardBody(), key))).toMatchObject({
    status: 201,
    body: first.body,
  });
  const other = await two.call('POST', target, keyed(rewardBody({ name: 'Silver' }), key));
  expectProblem(other, 422, 'idempotency_key_reused');
  expect(await one.db.collection('rewards').countDocuments({ eventId: id })).toBe(1);
});

it('an event is cloned once with one key', async () => {
  const { id } = await makeEvent(one.call);
  const call = { as: operator, headers: { 'idempotency-key': randomUUID() } };
  const first = await one.call('POST', `/v1/events/${id}/clone`, call);
  const clone = bodyOf(first, 201, EventResponse);
  const again = await two.call('POST', `/v1/events/${id}/clone`, call);
  expect(again).toMatchObject({ status: 201, body: clone });
  expect(again.headers.get('location')).toBe(`/v1/events/${clone.id}`);
});

it('a claim with a key is answered as it was at first; without one as it is', async () => {
  const { event, reward } = await activeEvent(one.call);
  const target = `/v1/events/${event.id}/claims`;
  const call = { as: account(), headers: { 'idempotency-key': randomUUID() } };
  const first = bodyOf(await one.call('POST', target, call), 201, ClaimResponse);
  const again = await two.call('POST', target, call);
  expect(again).toMatchObject({ status: 201, body: first });
  expect(again.headers.get('location')).toBe(`/v1/claims/${first.id}`);
  expect(await claim(two.call, event.id, call.as)).toMatchObject({ status: 200, body: first });
  const other = await two.call('POST', target, { ...call, body: { rewardId: reward.id } });
  expectProblem(other, 422, 'idempotency_key_reused');
});

it('a refused claim with a key is refused in the same words, whatever has changed since', async () => {
  const { event, reward } = await activeEvent(one.call, { reward: { stock: 0 } });
  const call = { as: account(), headers: { 'idempotency-key': randomUUID() } };
  const first = await one.call('POST', `/v1/events/${event.id}/claims`, call);
  expectProblem(first, 409, 'out_of_stock');
  const target = `/v1/events/${event.id}/rewards/${reward.id}`;
  expect(await one.call('PATCH', target, { as: operator, body: { stock: 9 } })).toMatchObject({
    status: 200,
  });
  const again = await two.call('POST', `/v1/events/${event.id}/claims`, call);
  expectProblem(again, 409, 'out_of_stock');
});
