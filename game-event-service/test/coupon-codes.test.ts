import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pageSchema } from 'service-kit/http';
import { AddedCodesResponse } from '../src/catalog/coupons/code-routes.ts';
import { RewardResponse } from '../src/catalog/rewards/reward-schema.ts';
import { account, bodyOf, client, expectProblem, signedHeaders } from './support/caller.ts';
import { activeCoupon, codesPath, newCodes, sendCodes, type Upload } from './support/codes.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, auditor, makeEvent, makeReward, operator, readReward } from './support/scenario.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
});

const coupon = { kind: 'coupon', asset: 'voucher', quantity: 1 };
const upload = async (reward: { eventId: string; id: string }, body: string, options?: Upload) =>
  bodyOf(await sendCodes(service.url, codesPath(reward), body, options), 200, AddedCodesResponse);
const storedOf = async (rewardId: string): Promise<string[]> => {
  const found = service.db.collection('couponCodes').find({ rewardId }).sort({ position: 1 });
  return (await found.toArray()).map(({ code }) => String(code));
};

describe('codes', () => {
  it('come as CSV, one a line, quoted or not, whatever ends the lines', async () => {
    const { reward } = await activeCoupon(service, []);
    const body = '\uFEFFSPRING-1\r\n"SPRING-2"\n\n"with, comma and ""quotes"""\n  SPRING-3  \nÄ-🎁';
    expect(await upload(reward, body)).toEqual({ added: 5, duplicates: 0, invalid: 0 });
    expect(await storedOf(reward.id)).toEqual([
      'SPRING-1',
      'SPRING-2',
      'with, comma and "quotes"',
      'SPRING-3',
      'Ä-🎁',
    ]);
  });

  it.each(['application/x-ndjson', 'application/ndjson; charset=utf-8'])('come as %s', async (type) => {
    const { reward } = await activeCoupon(service, []);
    const lines = ['{"code":"A-1"}', '{ "code": "A-\\u0032" }', '', '{"code":"A-1"}'];
    expect(await upload(reward, lines.join('\n'), { type })).toEqual({ added: 2, duplicates: 1, invalid: 0 });
    expect(await storedOf(reward.id)).toEqual(['A-1', 'A-2']);
  });

  it('that a reward has already are duplicates, also when they are sent again together', async () => {
    const { reward } = await activeCoupon(service, ['A', 'B']);
    expect(await upload(reward, 'B\nC\nC\nA\n')).toEqual({ added: 1, duplicates: 3, invalid: 0 });
    const again = await Promise.all(Array.from({ length: 8 }, () => upload(reward, 'C\nD\nE')));
    expect(again.reduce((sum, { added }) => sum + added, 0)).toBe(2);
    expect((await storedOf(reward.id)).toSorted()).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(await readReward(service.call, reward)).toMatchObject({ stock: null, available: 5 });
  });

  it('of one reward may be those of another', async () => {
    const { reward } = await activeCoupon(service, ['A']);
    const other = await makeReward(service.call, reward.eventId, coupon);
    expect(await upload(other, 'A')).toEqual({ added: 1, duplicates: 0, invalid: 0 });
  });

  it.each([
    ['too long', 'x'.repeat(129)],
    ['with a control character', 'A\u0007B'],
    ['with an invisible character', 'A\u200bB'],
    ['with a second column', 'A,B'],
    ['with a quote that does not end', '"A'],
    ['longer than any line may be', 'x'.repeat(100_000)],
  ])('%s are counted as invalid, and the others are added', async (_, line) => {
    const { reward } = await activeCoupon(service, []);
    expect(await upload(reward, `GOOD-1\n${line}\nGOOD-2`)).toEqual({ added: 2, duplicates: 0, invalid: 1 });
  });

  it.each([
    ['no JSON', 'A-1'],
    ['not an object', '"A-1"'],
    ['without a code', '{}'],
    ['with a code that is no text', '{"code":1}'],
    ['with an empty code', '{"code":" "}'],
    ['with half a character', String.raw`{"code":"\ud83d"}`],
    ['with a field that is not known', '{"code":"A","colour":"red"}'],
  ])('in NDJSON that is %s are counted as invalid', async (_, line) => {
    const { reward } = await activeCoupon(service, []);
    const body = `{"code":"GOOD"}\n${line}\n`;
    expect(await upload(reward, body, { type: 'application/x-ndjson' })).toEqual({
      added: 1,
      duplicates: 0,
      invalid: 1,
    });
  });

  it('that are not UTF-8 are invalid line by line', async () => {
    const { reward } = await activeCoupon(service, []);
    const body = Buffer.concat([Buffer.from('GOOD\n'), Buffer.from([0x41, 0xff, 0x0a]), Buffer.from('ALSO')]);
    const answer = await sendCodes(service.url, codesPath(reward), new Uint8Array(body));
    expect(answer.body).toEqual({ added: 2, duplicates: 0, invalid: 1 });
  });

  it('can be added while the event runs and after it, and many at a time', async () => {
    const { reward } = await activeCoupon(service, newCodes(3));
    const many = newCodes(5_001);
    expect(await upload(reward, many.join('\n'))).toEqual({ added: 5_001, duplicates: 0, invalid: 0 });
    expect(await readReward(service.call, reward)).toMatchObject({
      available: 5_004,
      reserved: 0,
      granted: 0,
    });
    await service.call('POST', `/v1/events/${reward.eventId}/status`, {
      as: operator,
      body: { status: 'ended' },
    });
    expect(await upload(reward, 'LATE')).toEqual({ added: 1, duplicates: 0, invalid: 0 });
  });

  it('are waited for with a word after each batch, however many there are', async () => {
    const { reward } = await activeCoupon(service, []);
    const target = codesPath(reward);
    const sending = httpRequest(service.url + target, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', ...signedHeaders(operator, 'POST', target) },
    });
    const words: number[] = [];
    sending.on('information', ({ statusCode }) => words.push(statusCode));
    sending.end(newCodes(5_000).join('\n'));
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    expect(JSON.parse(await text(answer))).toMatchObject({ added: 5_000 });
    expect(words).toEqual([102, 102, 102]);
  });

  it('that arrived before an upload broke off stay, and the upload can be repeated', async () => {
    const { reward } = await activeCoupon(service, []);
    const codes = newCodes(4_000);
    const target = codesPath(reward);
    const sending = httpRequest(service.url + target, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', ...signedHeaders(operator, 'POST', target) },
    });
    sending.on('error', () => undefined);
    sending.write(`${codes.join('\n')}\nHALF-A-`);
    await vi.waitFor(async () => expect(await storedOf(reward.id)).toHaveLength(4_000), { timeout: 15_000 });
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    sending.once('close', resolve);
    sending.destroy();
    await gone;
    expect(await upload(reward, codes.join('\n'))).toEqual({ added: 0, duplicates: 4_000, invalid: 0 });
    expect(await readReward(service.call, reward)).toMatchObject({ available: 4_000 });
    expect(service.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

describe('an upload of codes is refused', () => {
  it.each([
    ['without a type', { type: '' }],
    ['as JSON', { type: 'application/json' }],
    ['in another character set', { type: 'text/csv; charset=latin1' }],
    ['with a header', { type: 'text/csv; header=present' }],
    ['compressed', { headers: { 'content-encoding': 'gzip' } }],
  ])('415 %s', async (_, options) => {
    const { reward } = await activeCoupon(service, []);
    const answer = await sendCodes(service.url, codesPath(reward), 'A', options);
    expectProblem(answer, 415, 'unsupported_media_type');
    expect(await storedOf(reward.id)).toEqual([]);
  });

  it('409 for a reward that is no coupon', async () => {
    const { reward } = await activeEvent(service.call);
    expectProblem(await sendCodes(service.url, codesPath(reward), 'A'), 409, 'not_a_coupon');
  });

  it('404 for a reward that is not there, or is of another event', async () => {
    const { reward } = await activeCoupon(service, []);
    const other = await makeEvent(service.call);
    for (const place of [
      { ...reward, id: 'rwd_nothing' },
      { ...reward, eventId: other.id },
    ]) {
      expectProblem(await sendCodes(service.url, codesPath(place), 'A'), 404, 'not_found');
    }
  });

  it('also when it is longer than anybody would read for that', async () => {
    const { reward } = await activeEvent(service.call);
    const answer = await sendCodes(service.url, codesPath(reward), 'x'.repeat(8 * 1_048_576));
    expectProblem(answer, 409, 'not_a_coupon');
  });

  it('401 and 403 to whoever is no operator', async () => {
    const { reward } = await activeCoupon(service, []);
    for (const as of [account(), auditor, client(['activity:write'])]) {
      expectProblem(await sendCodes(service.url, codesPath(reward), 'A', { as }), 403, 'forbidden');
    }
    const unsigned = await service.call('POST', codesPath(reward), {
      headers: { 'content-type': 'text/csv' },
    });
    expectProblem(unsigned, 401, 'unauthenticated');
    const admin = account(['ADMIN']);
    expect((await sendCodes(service.url, codesPath(reward), 'A', { as: admin })).status).toBe(200);
  });
});

describe('a coupon', () => {
  it('has its codes for a stock: another one is refused, now and later', async () => {
    const event = await makeEvent(service.call);
    const path = `/v1/events/${event.id}/rewards`;
    const post = (more: object) =>
      service.call('POST', path, { as: operator, body: { name: 'Voucher', ...coupon, ...more } });
    const refused = await post({ stock: 5 });
    expectProblem(refused, 400, 'invalid_request');
    expect(refused.body).toMatchObject({ errors: [{ path: 'stock' }] });
    const { body } = await post({});
    const { id } = body as { id: string };
    expect(body).toMatchObject({ kind: 'coupon', stock: null, available: 0, reserved: 0, granted: 0 });

    const gold = await makeReward(service.call, event.id);
    for (const [rewardId, patch, field] of [
      [id, { stock: 5 }, 'stock'],
      [id, { kind: 'item' }, 'kind'],
      [gold.id, { kind: 'coupon' }, 'kind'],
    ] as const) {
      const answer = await service.call('PATCH', `${path}/${rewardId}`, { as: operator, body: patch });
      expectProblem(answer, 400, 'invalid_request');
      expect(answer.body).toMatchObject({ errors: [{ path: field }] });
    }
    const kept = await service.call('PATCH', `${path}/${id}`, {
      as: operator,
      body: { kind: 'coupon', stock: null, name: 'Spring voucher' },
    });
    expect(kept).toMatchObject({ status: 200, body: { name: 'Spring voucher', available: 0 } });
  });

  it('has an empty pool of its own in a clone of its event', async () => {
    const { event } = await activeCoupon(service, ['A', 'B']);
    const clone = await service.call('POST', `/v1/events/${event.id}/clone`, { as: operator });
    const { id } = clone.body as { id: string };
    const { body } = await service.call('GET', `/v1/events/${id}/rewards`, { as: operator });
    const [reward] = pageSchema(RewardResponse).parse(body).items;
    expect(reward).toMatchObject({ kind: 'coupon', stock: null, available: 0 });
    expect(await upload(reward ?? { eventId: id, id: '' }, 'A')).toEqual({
      added: 1,
      duplicates: 0,
      invalid: 0,
    });
  });

  it('that is deleted takes its codes with it', async () => {
    const event = await makeEvent(service.call);
    const reward = await makeReward(service.call, event.id, coupon);
    await upload(reward, 'A\nB');
    const path = `/v1/events/${event.id}/rewards/${reward.id}`;
    expect((await service.call('DELETE', path, { as: operator })).status).toBe(204);
    expectProblem(await sendCodes(service.url, codesPath(reward), 'C'), 404, 'not_found');
    // Every instance looks for such codes when it starts.
    await using _ = await startService({ beside: service });
    await vi.waitFor(async () => expect(await storedOf(reward.id)).toEqual([]), { timeout: 15_000 });
  });
});
