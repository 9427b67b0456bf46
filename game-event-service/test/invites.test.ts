import { randomUUID } from 'node:crypto';
import type { Identity } from 'service-kit/identity';
import { pageSchema } from 'service-kit/http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AcceptanceResponse, InviteResponse } from '../src/participation/invites/invite-schema.ts';
import { startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf, client, expectProblem } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, changeStatus, claim } from './support/scenario.ts';

let auth: AuthStandIn;
let service: RunningService;
let other: RunningService;
beforeAll(async () => {
  auth = await startAuthStandIn();
  service = await startService({ env: { INVITE_MAX_PER_DAY: '5', INVITE_MAX_ACCOUNT_AGE: '7d' } });
  other = await startService({ beside: service, env: { INVITE_MAX_PER_DAY: '5', ROLE: 'http' } });
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const DAY_MS = 24 * 60 * 60 * 1_000;
const stored = (id: string) => service.db.collection<{ _id: string }>('accounts').findOne({ _id: id });
const participant = (id: string) =>
  service.db.collection<{ _id: string; invitedBy?: { at: Date } }>('inviteParticipants').findOne({ _id: id });

function register({ userId }: Identity, more: object = {}): Promise<void> {
  const registeredAt = new Date().toISOString();
  const about = { accountId: userId, accountVersion: 1, username: 'min-jun', guest: false, registeredAt };
  return auth.account('registered', { ...about, ...more });
}

async function player(more: object = {}): Promise<Identity> {
  const identity = account();
  await register(identity, more);
  await expect.poll(() => stored(identity.userId)).not.toBeNull();
  return identity;
}

async function status({ userId }: Identity, accountVersion: number, wanted: string): Promise<void> {
  await auth.account('status-changed', { accountId: userId, accountVersion, status: wanted });
  await expect.poll(() => stored(userId)).toMatchObject({ status: wanted });
}

const make = (as: Identity, instance = service) => instance.call('POST', '/v1/invites', { as });
const makeCode = async (as: Identity) => bodyOf(await make(as), 201, InviteResponse).code;
const accept = (code: string, as: Identity, instance = service) =>
  instance.call('POST', `/v1/invites/${encodeURIComponent(code)}/accept`, { as });
const list = async (as: Identity, query = '') =>
  bodyOf(await service.call('GET', `/v1/me/invites${query}`, { as }), 200, pageSchema(InviteResponse));

/** How often an acceptance was counted in an event, for the one who invited and for the one who was invited. */
async function countsIn(eventId: string, inviter: Identity, invitee: Identity): Promise<unknown[]> {
  const progress = service.db.collection<{ _id: string; counters: Record<string, { total: number }> }>(
    'progress',
  );
  const [sent, own] = await Promise.all([
    progress.findOne({ _id: `${eventId}:${inviter.userId}` }),
    progress.findOne({ _id: `${eventId}:${invitee.userId}` }),
  ]);
  return [sent?.counters['invite%2esent%2eaccepted']?.total, own?.counters['invite%2eaccepted']?.total];
}

const inviteEvent = async () => (await activeEvent(service.call, { event: { kind: 'invite' } })).event;

it('an accepted invite lets both sides claim what is given for it', async () => {
  const metric = (name: string) => ({ kind: 'invite', condition: { metric: name, op: '>=', value: 1 } });
  const [forInviter, forInvitee] = [
    await activeEvent(service.call, { event: metric('invite.sent.accepted') }),
    await activeEvent(service.call, { event: metric('invite.accepted') }),
  ];
  const [inviter, invitee] = [await player(), await player()];
  const code = await makeCode(inviter);
  expectProblem(await claim(service.call, forInviter.event.id, inviter), 422, 'conditions_not_met');
  const accepted = bodyOf(await accept(code.toLowerCase(), invitee), 200, AcceptanceResponse);
  expect(accepted).toMatchObject({ code, inviterId: inviter.userId });
  expect((await claim(service.call, forInviter.event.id, inviter)).status).toBe(201);
  expect((await claim(service.call, forInvitee.event.id, invitee)).status).toBe(201);
  expectProblem(await claim(service.call, forInvitee.event.id, inviter), 422, 'conditions_not_met');
  expect((await list(inviter)).items).toMatchObject([
    { code, accepted: 1, acceptances: [{ accountId: invitee.userId, acceptedAt: accepted.acceptedAt }] },
  ]);
});

it('fifty acceptances at a time on two instances are one, and repeated it is the same', async () => {
  const event = await inviteEvent();
  const [inviter, invitee] = [await player(), await player()];
  const code = await makeCode(inviter);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => accept(code, invitee, index % 2 === 0 ? service : other)),
  );
  const first = bodyOf(await accept(code, invitee), 200, AcceptanceResponse);
  for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: first });
  expect(await countsIn(event.id, inviter, invitee)).toEqual([1, 1]);
  expect((await list(inviter)).items).toMatchObject([{ accepted: 1 }]);
});

it('one of fifty acceptances of different invites at a time is taken', async () => {
  const event = await inviteEvent();
  const [left, right, invitee] = [await player(), await player(), await player()];
  const codes = [await makeCode(left), await makeCode(right)];
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      accept(codes[index % 2] ?? '', invitee, index % 4 < 2 ? service : other),
    ),
  );
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(25);
  for (const answer of answers.filter((each) => each.status !== 200))
    expectProblem(answer, 409, 'invite_already_accepted');
  const counts = [await countsIn(event.id, left, invitee), await countsIn(event.id, right, invitee)];
  expect(counts.map(([sent]) => sent).filter((sent) => sent === 1)).toHaveLength(1);
  expect(counts.map(([, own]) => own)).toEqual([1, 1]);
});

it('one invite may be accepted by many at a time, and each counts', async () => {
  const event = await inviteEvent();
  const inviter = await player();
  const code = await makeCode(inviter);
  const invitees = await Promise.all(Array.from({ length: 30 }, () => player()));
  const answers = await Promise.all(
    invitees.map((each, index) => accept(code, each, index % 2 === 0 ? service : other)),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
  expect(await countsIn(event.id, inviter, invitees[0] ?? inviter)).toEqual([30, 1]);
  const [invite] = (await list(inviter)).items;
  expect(invite).toMatchObject({ accepted: 30 });
  expect(invite?.acceptances).toHaveLength(20);
});

it('an invite is accepted by new players alone, never by its maker and never in a ring', async () => {
  const inviter = await player();
  const code = await makeCode(inviter);
  expectProblem(await accept('NONE', inviter), 404, 'not_found');
  expectProblem(await accept('BBBB-BBBB-BBBB', inviter), 404, 'not_found');
  expectProblem(await accept('x'.repeat(65), inviter), 400, 'invalid_request');
  expectProblem(await accept(code, inviter), 409, 'own_invite');
  const old = await player({ registeredAt: new Date(Date.now() - 7 * DAY_MS).toISOString() });
  expectProblem(await accept(code, old), 409, 'account_too_old');
  const guest = await player({ username: null, guest: true });
  expectProblem(await accept(code, guest), 409, 'guest_account');
  expectProblem(await make(guest), 409, 'guest_account');
  const invitee = await player();
  expect((await accept(code, invitee)).status).toBe(200);
  expectProblem(await accept(await makeCode(await player()), invitee), 409, 'invite_already_accepted');
  expectProblem(await accept(await makeCode(invitee), inviter), 409, 'invite_ring');
});

it('two players who accept each other at the same time make no ring', async () => {
  for (let round = 0; round < 5; round += 1) {
    const [one, two] = [await player(), await player()];
    const [ofOne, ofTwo] = [await makeCode(one), await makeCode(two)];
    const answers = await Promise.all([accept(ofTwo, one), accept(ofOne, two, other)]);
    const taken = answers.filter((answer) => answer.status === 200);
    expect(taken).toHaveLength(1);
    for (const answer of answers.filter((each) => !taken.includes(each)))
      expectProblem(answer, 409, 'invite_ring');
  }
});

it('a banned or deleted account neither makes nor accepts invites, and its own are not valid until it is back', async () => {
  for (const barred of ['banned', 'deleted']) {
    const [inviter, invitee] = [await player(), await player()];
    const code = await makeCode(inviter);
    await status(inviter, 2, barred);
    expectProblem(await make(inviter), 403, 'account_banned');
    expectProblem(await accept(code, inviter), 403, 'account_banned');
    expectProblem(await accept(code, invitee), 409, 'invite_not_valid');
    await status(inviter, 3, 'active');
    expect((await accept(code, invitee)).status).toBe(200);
    expect((await make(inviter)).status).toBe(201);
  }
});

it('an account makes so many invites a day, also with many at a time on two instances', async () => {
  const inviter = await player();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => make(inviter, index % 2 === 0 ? service : other)),
  );
  const made = answers.filter((answer) => answer.status === 201);
  expect(made).toHaveLength(5);
  for (const answer of answers.filter((each) => each.status !== 201))
    expectProblem(answer, 409, 'invite_limit_reached');
  expect(new Set(made.map((answer) => bodyOf(answer, 201, InviteResponse).code)).size).toBe(5);
});

it('a day later an account makes invites again', async () => {
  await using own = await startService({ beside: service, env: { INVITE_MAX_PER_DAY: '1', ROLE: 'http' } });
  const inviter = account();
  expect((await make(inviter, own)).status).toBe(201);
  expectProblem(await make(inviter, own), 409, 'invite_limit_reached');
  own.advance(DAY_MS);
  expect((await make(inviter, own)).status).toBe(201);
});

it('an invite made with an Idempotency-Key is made once', async () => {
  const inviter = await player();
  const headers = { 'idempotency-key': randomUUID() };
  const first = await service.call('POST', '/v1/invites', { as: inviter, headers });
  const again = await service.call('POST', '/v1/invites', { as: inviter, headers });
  expect(again).toMatchObject({ status: 201, body: first.body });
  expect((await list(inviter)).items).toHaveLength(1);
});

it('a player lists what he has made, page by page, and nothing of others', async () => {
  const inviter = await player();
  const codes: string[] = [];
  for (let count = 0; count < 5; count += 1) codes.unshift(await makeCode(inviter));
  await makeCode(await player());
  const first = await list(inviter, '?limit=3');
  const second = await list(inviter, `?limit=3&cursor=${first.nextCursor}`);
  const found = [...first.items, ...second.items].map(({ code }) => code);
  expect(found.toSorted()).toEqual(codes.toSorted());
  expect(second.nextCursor).toBeNull();
  const foreign = `/v1/me/invites?limit=3&cursor=${first.nextCursor}`;
  expectProblem(await service.call('GET', foreign, { as: account() }), 400, 'invalid_cursor');
});

it('invites are for players', async () => {
  const calls = [
    ['POST', '/v1/invites'],
    ['POST', '/v1/invites/BBBB-BBBB-BBBB/accept'],
    ['GET', '/v1/me/invites'],
  ] as const;
  for (const [method, path] of calls) {
    expectProblem(await service.call(method, path), 401, 'unauthenticated');
    for (const as of [account(['AUDITOR']), client(['activity:write'])])
      expectProblem(await service.call(method, path, { as }), 403, 'forbidden');
  }
});

it('a body may be left out, and no field is known', async () => {
  const [inviter, invitee] = [await player(), await player()];
  const unknown = { as: inviter, body: { uses: 5 } };
  expectProblem(await service.call('POST', '/v1/invites', unknown), 400, 'invalid_request');
  const code = await makeCode(inviter);
  const path = `/v1/invites/${code}/accept`;
  expectProblem(
    await service.call('POST', path, { as: invitee, body: { as: 'me' } }),
    400,
    'invalid_request',
  );
  expect((await service.call('POST', path, { as: invitee, body: {} })).status).toBe(200);
});

it('an account that is heard of only now may accept: it is waited for', async () => {
  const code = await makeCode(await player());
  const invitee = account();
  const answer = accept(code, invitee);
  await register(invitee);
  expect((await answer).status).toBe(200);
});

it('an account that is not heard of is told to try again', async () => {
  const answer = await accept(await makeCode(await player()), account());
  expectProblem(answer, 409, 'account_not_known_yet');
  expect(answer.headers.get('retry-after')).toBe('1');
});

it('an invite given at registration counts once, however often the message comes and whatever is accepted besides', async () => {
  const event = await inviteEvent();
  const [inviter, invitee] = [await player(), account()];
  const code = await makeCode(inviter);
  for (let times = 0; times < 5; times += 1) await register(invitee, { inviteCode: code.toLowerCase() });
  await expect.poll(() => countsIn(event.id, inviter, invitee)).toEqual([1, 1]);
  expect((await accept(code, invitee)).status).toBe(200);
  await register(invitee, { inviteCode: await makeCode(await player()) });
  // Messages are handled in their order: once this one is, those before it are as well.
  await player();
  expect(await countsIn(event.id, inviter, invitee)).toEqual([1, 1]);
});

it('an invite accepted before the message of the registration comes again counts once', async () => {
  const event = await inviteEvent();
  const [inviter, invitee] = [await player(), await player()];
  const code = await makeCode(inviter);
  expect((await accept(code, invitee)).status).toBe(200);
  await register(invitee, { inviteCode: code });
  await player();
  expect(await countsIn(event.id, inviter, invitee)).toEqual([1, 1]);
});

it('an invite accepted on one instance while the message of the registration comes to another counts once', async () => {
  const event = await inviteEvent();
  for (let round = 0; round < 5; round += 1) {
    const [inviter, invitee] = [await player(), await player()];
    const code = await makeCode(inviter);
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 10 }, () => accept(code, invitee, other))),
      ...Array.from({ length: 10 }, () => register(invitee, { inviteCode: code })),
    ]);
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    await player();
    expect(await countsIn(event.id, inviter, invitee)).toEqual([1, 1]);
  }
});

it('an invite that is told of after the end of an event counts while the event takes claims', async () => {
  const startsAt = new Date(Date.now() - DAY_MS).toISOString();
  const [graced, closed] = [
    await activeEvent(service.call, { event: { kind: 'invite', startsAt, claimGraceSeconds: 3_600 } }),
    await activeEvent(service.call, { event: { kind: 'invite', startsAt } }),
  ];
  const registeredAt = new Date().toISOString();
  for (const { event } of [graced, closed]) await changeStatus(service.call, event.id, 'ended');
  const [inviter, invitee] = [await player(), account()];
  await register(invitee, { inviteCode: await makeCode(inviter), registeredAt });
  await expect.poll(() => countsIn(graced.event.id, inviter, invitee)).toEqual([1, 1]);
  expect(await countsIn(closed.event.id, inviter, invitee)).toEqual([undefined, undefined]);
});

it('codes at registration that are unknown, and those that a guest gives, are ignored', async () => {
  const event = await inviteEvent();
  const [inviter, guest] = [await player(), account()];
  const code = await makeCode(inviter);
  const unknown = await player({ inviteCode: 'SPRING-7KQ2' });
  await register(guest, { username: null, guest: true, inviteCode: code });
  await expect.poll(() => stored(guest.userId)).not.toBeNull();
  expect(await countsIn(event.id, inviter, guest)).toEqual([undefined, undefined]);
  expect(await participant(guest.userId)).toBeNull();
  expect((await accept(code, unknown)).status).toBe(200);

  // The messages come in any order, but the registration was a guest's.
  const upgraded = account();
  await auth.account('upgraded', { accountId: upgraded.userId, accountVersion: 2, username: 'ha-eun' });
  await register(upgraded, { guest: true, inviteCode: code });
  await player();
  expect(await participant(upgraded.userId)).toBeNull();
});

it('a guest may accept after its upgrade', async () => {
  const [inviter, guest] = [await player(), await player({ guest: true })];
  const code = await makeCode(inviter);
  expectProblem(await accept(code, guest), 409, 'guest_account');
  await auth.account('upgraded', { accountId: guest.userId, accountVersion: 2, username: 'ha-eun' });
  await expect.poll(() => accept(code, guest)).toMatchObject({ status: 200 });
});

it('an invite given at registration counts on that day, however late the message is', async () => {
  const registeredAt = new Date(Date.now() - 20 * DAY_MS);
  const startsAt = new Date(Date.now() - 30 * DAY_MS).toISOString();
  const { event } = await activeEvent(service.call, { event: { kind: 'invite', startsAt } });
  const later = await inviteEvent();
  const [inviter, invitee] = [await player(), account()];
  await register(invitee, { inviteCode: await makeCode(inviter), registeredAt: registeredAt.toISOString() });
  await expect.poll(() => countsIn(event.id, inviter, invitee)).toEqual([1, 1]);
  expect(await countsIn(later.id, inviter, invitee)).toEqual([undefined, undefined]);
  expect((await participant(invitee.userId))?.invitedBy?.at).toEqual(registeredAt);
});

it('an invite counts in no event that is stopped, and in none of another kind', async () => {
  const stopped = await inviteEvent();
  await changeStatus(service.call, stopped.id, 'inactive');
  const { event: attendance } = await activeEvent(service.call);
  const [inviter, invitee] = [await player(), await player()];
  expect((await accept(await makeCode(inviter), invitee)).status).toBe(200);
  for (const { id } of [stopped, attendance])
    expect(await countsIn(id, inviter, invitee)).toEqual([undefined, undefined]);
});

it('no call about invites and no message with one looks through a whole collection', async () => {
  const invited = account();
  const inviter = await player();
  await inviteEvent();
  await service.db.command({ profile: 2 });
  const code = await makeCode(inviter);
  expect((await accept(code, await player())).status).toBe(200);
  await register(invited, { inviteCode: code });
  await expect.poll(() => participant(invited.userId)).not.toBeNull();
  await list(inviter);
  await service.db.command({ profile: 0 });
  const names = ['invites', 'inviteParticipants', 'accounts', 'events', 'progress'];
  const plans = await service.db
    .collection<{ ns: string; planSummary?: string }>('system.profile')
    .find({ ns: { $in: names.map((name) => `${service.db.databaseName}.${name}`) } })
    .toArray();
  const planned = plans.filter(({ planSummary }) => planSummary !== undefined);
  expect(new Set(planned.map(({ ns }) => ns)).size).toBe(names.length);
  expect(planned.filter(({ planSummary }) => planSummary?.includes('COLLSCAN'))).toEqual([]);
});
