import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, expectProblem, type Answer } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import {
  activeEvent,
  claim,
  inHours,
  makeEvent,
  makeReward,
  operator,
  readReward,
} from './support/scenario.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

const send = (
  method: string,
  target: string,
  body?: object,
  headers: Record<string, string> = {},
  as = operator,
) => service.call(method, target, { as, headers, ...(body && { body }) });
const tagOf = ({ headers }: Answer): string => headers.get('etag') ?? '';

describe('what is read with an ETag is 304 until it changes', () => {
  it('an event', async () => {
    const { id } = await makeEvent(service.call);
    const read = (tag: string) => send('GET', `/v1/events/${id}`, undefined, { 'if-none-match': tag });
    expect((await read('W/"1"')).status).toBe(304);
    await send('PATCH', `/v1/events/${id}`, { name: 'Autumn' }, { 'if-match': '"1"' });
    expect(tagOf(await read('"1"'))).toBe('"2"');
    expect((await read('"1", "2"')).status).toBe(304);
  });

  it('a claim', async () => {
    const { event } = await activeEvent(service.call);
    const player = account();
    const made = await claim(service.call, event.id, player, { prefer: 'wait=0' });
    const target = made.headers.get('location') ?? '';
    const first = await send('GET', target, undefined, {}, player);
    expect(first.status).toBe(200);
    const again = await send('GET', target, undefined, { 'if-none-match': tagOf(first) }, player);
    expect(again.status).toBe(304);
  });
});

describe('If-Match', () => {
  async function draft() {
    const event = await makeEvent(service.call, { startsAt: inHours(1) });
    const reward = await makeReward(service.call, event.id, { stock: 9 });
    return {
      event: `/v1/events/${event.id}`,
      reward: `/v1/events/${event.id}/rewards/${reward.id}`,
      at: reward,
    };
  }
  type Draft = Awaited<ReturnType<typeof draft>>;

  it.each<[string, (made: Draft) => [method: string, target: string, body?: object]]>([
    ['a change of a reward', ({ reward }) => ['PATCH', reward, { name: 'Silver' }]],
    ['the deletion of a reward', ({ reward }) => ['DELETE', reward]],
    ['a change of an event', ({ event }) => ['PATCH', event, { name: 'Autumn' }]],
    ['another status of an event', ({ event }) => ['POST', `${event}/status`, { status: 'scheduled' }]],
    ['the deletion of an event', ({ event }) => ['DELETE', event]],
  ])('holds for %s', async (_, request) => {
    const made = await draft();
    const [method, target, body] = request(made);
    const before = [(await send('GET', made.event)).body, (await send('GET', made.reward)).body];
    const stale = await send(method, target, body, { 'if-match': '"9"' });
    expectProblem(stale, 412, 'precondition_failed');
    expect(tagOf(stale)).toBe('"1"');
    expectProblem(await send(method, target, body, { 'if-match': '9' }), 400, 'invalid_request');
    expectProblem(
      await send(method, target, body, { 'if-match': '*', 'if-none-match': '"1"' }),
      412,
      'precondition_failed',
    );
    expect([(await send('GET', made.event)).body, (await send('GET', made.reward)).body]).toEqual(before);
    expect([200, 204]).toContain((await send(method, target, body, { 'if-match': '"0", "1"' })).status);
  });

  it('lets one of many changes of a reward on one version through, of its stock as of its name', async () => {
    const { reward, at } = await draft();
    const changes = [
      { stock: 5 },
      { stock: 6 },
      { name: 'A' },
      { name: 'B' },
      { stock: 7, name: 'C' },
      { stock: 8 },
    ];
    const answers = await Promise.all(
      changes.map((body) => send('PATCH', reward, body, { 'if-match': '"1"' })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200, 412, 412, 412, 412, 412,
    ]);
    const won = answers.find(({ status }) => status === 200);
    expect(won && tagOf(won)).toBe('"2"');
    expect(await readReward(service.call, at)).toEqual(won?.body);
  });

  it('holds while a reward is being claimed, because its tag stays', async () => {
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 20 } });
    const target = `/v1/events/${event.id}/rewards/${reward.id}`;
    const [changed] = await Promise.all([
      send('PATCH', target, { stock: 30 }, { 'if-match': '"1"' }),
      ...Array.from({ length: 8 }, () => claim(service.call, event.id, account(), { prefer: 'wait=0' })),
    ]);
    expect([changed.status, tagOf(changed)]).toEqual([200, '"2"']);
  });

  it('of a stock that stays as it is keeps the tag', async () => {
    const { reward } = await draft();
    expect(tagOf(await send('PATCH', reward, { stock: 9 }, { 'if-match': '"1"' }))).toBe('"1"');
    expect(tagOf(await send('PATCH', reward, { stock: 10 }))).toBe('"2"');
  });
});

describe('text that people read', () => {
  it.each(['\u3164', '\u200D', '\u2800\u2800', 'a\u202Eb', 'q\u0301\u0302\u0303\u0304\u0305'])(
    'is refused as %j wherever it is written',
    async (text) => {
      const event = await makeEvent(service.call);
      const target = `/v1/events/${event.id}`;
      const refused = (answer: Answer, path: string) => {
        expectProblem(answer, 400, 'invalid_request');
        expect(answer.body).toMatchObject({ errors: [{ path }] });
      };
      refused(await send('PATCH', target, { name: text }, { 'if-match': '*' }), 'name');
      refused(
        await send('PATCH', target, { description: `Day 1\n${text}` }, { 'if-match': '*' }),
        'description',
      );
      refused(await send('POST', `${target}/status`, { status: 'scheduled', reason: text }), 'reason');
      const reward = { name: text, kind: 'currency', asset: 'gold', quantity: 1, stock: 1 };
      refused(await send('POST', `${target}/rewards`, reward), 'name');
      refused(await send('POST', '/v1/claims/clm_1/revoke', { reason: text }), 'reason');
    },
  );

  it('may have several lines where it describes something', async () => {
    const event = await makeEvent(service.call, { description: 'Day 1:\n\tgold 🏆\n' });
    expect(event.description).toBe('Day 1:\n\tgold 🏆\n');
  });
});

describe('half a surrogate pair in attributes', () => {
  it('is refused with its place, in a value and in a name', async () => {
    for (const attributes of [{ a: ['x\uD800'] }, { a: { '\uDFFF0': 1 } }]) {
      const { id } = await makeEvent(service.call);
      const answer = await send('PATCH', `/v1/events/${id}`, { attributes }, { 'if-match': '*' });
      expectProblem(answer, 400, 'invalid_request');
      expect(answer.body).toMatchObject({
        errors: [{ path: expect.stringMatching(/^attributes\.a\./) as string }],
      });
    }
  });

  it('that was stored before makes no list unreadable', async () => {
    const { id } = await makeEvent(service.call, { attributes: { a: 1 } });
    const events = service.db.collection<{ _id: string }>('events');
    await events.updateOne(
      { _id: id },
      { $set: { attributes: String.raw`{"a":"x\ud800","\udfff":"\\ud800"}` } },
    );
    const answer = await send('GET', `/v1/events/${id}`);
    expect(answer.body).toMatchObject({ attributes: { a: 'x\uFFFD', '\uFFFD': String.raw`\ud800` } });
  });
});
