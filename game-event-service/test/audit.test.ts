import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Identity } from 'service-kit/identity';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { account, bodyOf, client, expectProblem } from './support/caller.ts';
import { codesPath, sendCodes } from './support/codes.ts';
import { environment } from './support/environment.ts';
import {
  activeEvent,
  auditor,
  changeStatus,
  claim,
  makeEvent,
  makeReward,
  rewardBody,
} from './support/scenario.ts';
import { startServiceWithLedger } from './support/service-with-ledger.ts';

const AUDIT_SECRET = 'a-secret-of-the-audit-that-only-tests-use';
const Page = z.object({
  items: z.array(
    z.looseObject({
      id: z.string(),
      action: z.string(),
      subject: z.object({ kind: z.string(), id: z.string().optional() }),
      result: z.string(),
      seal: z.int().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

const { auth, service } = await startServiceWithLedger({ env: { AUDIT_SECRET } });

async function entries(query: string, as: Identity = auditor) {
  return bodyOf(await service.call('GET', `/v1/events/audit?limit=100&${query}`, { as }), 200, Page).items;
}

describe('the audit trail', () => {
  it('tells of everything that operators change, by whom, from where and why', async () => {
    const by = account(['OPERATOR']);
    const call: typeof service.call = (method, target, more) =>
      service.call(method, target, {
        ...more,
        headers: { 'user-agent': 'console/1', ...more?.headers },
        as: by,
      });
    const { id, version } = await makeEvent(call);
    const reward = await makeReward(call, id);
    await call('PATCH', `/v1/events/${id}`, {
      body: { name: 'Renamed' },
      headers: { 'if-match': `"${version}"` },
    });
    await call('PATCH', `/v1/events/${id}/rewards/${reward.id}`, { body: { stock: 7 } });
    await call('DELETE', `/v1/events/${id}/rewards/${reward.id}`);
    const change = { status: 'scheduled', reason: 'tested' };
    await call('POST', `/v1/events/${id}/status`, { body: change });
    const clone = await call('POST', `/v1/events/${id}/clone`);
    const { id: cloneId } = bodyOf(clone, 201, z.object({ id: z.string() }));
    await call('DELETE', `/v1/events/${cloneId}`);

    const actor = { kind: 'account', id: by.userId, roles: ['OPERATOR'] };
    const origin = { address: '127.0.0.1', device: 'console/1', requestId: expect.any(String) };
    const rest = { actor, subject: { kind: 'event', id }, result: 'done', origin };
    expect(await entries(`eventId=${id}`)).toMatchObject([
      {
        ...rest,
        action: 'change-event-status',
        reason: 'tested',
        details: { from: 'draft', to: 'active' },
      },
      { ...rest, action: 'delete-reward', details: { rewardId: reward.id } },
      { ...rest, action: 'update-reward', details: { rewardId: reward.id, fields: ['stock'], stock: 7 } },
      { ...rest, action: 'update-event', details: { fields: ['name'], version: 2 } },
      { ...rest, action: 'create-reward', details: { rewardId: reward.id, stock: null } },
      { ...rest, action: 'create-event', details: { kind: 'attendance' } },
    ]);
    expect(await entries(`eventId=${cloneId}`)).toMatchObject([
      { action: 'delete-event' },
      { action: 'clone-event', details: { of: id } },
    ]);
  });

  it('tells of what operators were refused, and not of what changed nothing', async () => {
    const by = account(['OPERATOR']);
    const { id } = await makeEvent(service.call);
    await changeStatus(service.call, id, 'scheduled');
    const headers = { 'if-match': '"1"' };
    const body = { name: 'Too late' };
    expectProblem(await service.call('DELETE', `/v1/events/${id}`, { as: by }), 409, 'event_in_use');
    expectProblem(
      await service.call('PATCH', `/v1/events/${id}`, { as: by, headers, body }),
      412,
      'precondition_failed',
    );
    const same = { name: 'Seven days of spring' };
    await service.call('PATCH', `/v1/events/${id}`, { as: by, headers: { 'if-match': '*' }, body: same });
    expect(await entries(`actorId=${by.userId}`)).toMatchObject([
      { action: 'update-event', result: 'refused', reason: 'precondition_failed', subject: { id } },
      { action: 'delete-event', result: 'refused', reason: 'event_in_use', subject: { id } },
    ]);
  });

  it('is undone with the change that fails', async () => {
    const { id } = await makeEvent(service.call);
    const body = rewardBody({ condition: { metric: 'a', op: '<', value: 0 } });
    const answer = await service.call('POST', `/v1/events/${id}/rewards`, {
      as: account(['OPERATOR']),
      body,
    });
    expectProblem(answer, 400, 'invalid_request');
    expect(await entries(`eventId=${id}&action=create-reward`)).toEqual([]);
  });

  it('tells of what staff look for of others, and of who reads the trail', async () => {
    const by = account(['AUDITOR']);
    const { userId } = account();
    await service.call('GET', `/v1/claims?accountId=${userId}&status=granted`, { as: by });
    await service.call('GET', '/v1/claims', { as: account(['USER'], userId) });
    expect(await entries(`accountId=${userId}`, by)).toMatchObject([
      { action: 'search-claims', actor: { id: by.userId }, details: { status: 'granted' } },
    ]);
    expect(await entries(`actorId=${by.userId}&action=search-audit`)).toMatchObject([
      { subject: { kind: 'service' }, details: { accountId: userId } },
    ]);
  });

  it('tells of codes that are added, of claims taken back, and of what is exported', async () => {
    const by = account(['OPERATOR', 'AUDITOR']);
    const player = account();
    const { event, reward } = await activeEvent(service.call, {
      reward: { kind: 'coupon', asset: 'spring', quantity: 1, stock: null },
    });
    const codes = 'SPRING-1\nSPRING-2\n';
    expect(await sendCodes(service.url, codesPath(reward), codes, { as: by })).toMatchObject({ status: 200 });
    expect(await sendCodes(service.url, codesPath(reward), codes, { as: by })).toMatchObject({
      body: { added: 0 },
    });
    const { id } = bodyOf(await claim(service.call, event.id, player), 201, z.object({ id: z.string() }));
    const reason = 'granted by mistake';
    const filter = { eventId: event.id };
    for (const [path, body] of [
      ['/v1/claims/revoke-jobs', { filter, reason, preview: true }],
      [`/v1/claims/${id}/revoke`, { reason }],
      ['/v1/claims/revoke-jobs', { filter, reason }],
    ] as const)
      await service.call('POST', path, { as: by, body });
    await service.call('GET', `/v1/claims/export?format=ndjson&eventId=${event.id}`, { as: by });
    await service.call('GET', `/v1/claim-attempts?accountId=${player.userId}`, { as: by });

    expect(await entries(`actorId=${by.userId}`)).toMatchObject([
      { action: 'search-claim-attempts', subject: { kind: 'account', id: player.userId } },
      { action: 'export-claims', details: { eventId: event.id, format: 'ndjson' } },
      { action: 'create-revoke-job', subject: { kind: 'event', id: event.id }, reason },
      {
        action: 'revoke-claim',
        subject: { kind: 'account', id: player.userId },
        reason,
        details: { claimId: id },
      },
      { action: 'add-codes', subject: { kind: 'event', id: event.id }, details: { rewardId: reward.id } },
    ]);
    expect(JSON.stringify(await entries(`actorId=${by.userId}`))).not.toContain('SPRING');
  });

  it('is read page by page, within its filters alone', async () => {
    const by = account(['OPERATOR']);
    for (let count = 0; count < 3; count += 1)
      await makeEvent((method, target, more) => service.call(method, target, { ...more, as: by }));
    const all = await entries(`actorId=${by.userId}`);
    const path = `/v1/events/audit?limit=2&actorId=${by.userId}`;
    const answer = await service.call('GET', path, { as: auditor });
    const first = bodyOf(answer, 200, Page);
    const { pathname, search } = new URL(
      /<(.*)>/.exec(answer.headers.get('link') ?? '')?.[1] ?? '',
      'http://localhost',
    );
    const second = bodyOf(await service.call('GET', pathname + search, { as: auditor }), 200, Page);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(second.nextCursor).toBeNull();
    const other = `/v1/events/audit?cursor=${first.nextCursor}`;
    expectProblem(await service.call('GET', other, { as: auditor }), 400, 'invalid_cursor');
  });

  it('is for auditors and admins', async () => {
    const path = '/v1/events/audit';
    expect((await service.call('GET', path, { as: account(['ADMIN']) })).status).toBe(200);
    expectProblem(await service.call('GET', path), 401, 'unauthenticated');
    for (const as of [account(), account(['OPERATOR']), client(['claims:read'])])
      expectProblem(await service.call('GET', path, { as }), 403, 'forbidden');
    for (const query of ['action=unknown', 'from=yesterday', 'eventId=a&accountId=b'])
      expectProblem(await service.call('GET', `${path}?${query}`, { as: auditor }), 400, 'invalid_request');
  });

  it('forgets where somebody was whose account is erased', async () => {
    const by = account(['OPERATOR']);
    await makeEvent((method, target, more) => service.call(method, target, { ...more, as: by }));
    const accountId = by.userId;
    await auth.account('status-changed', { accountId, accountVersion: 2, status: 'deleted', erased: true });
    const trace = { action: 'create-event', origin: { address: null, device: null } };
    await vi.waitFor(
      async () => expect(await entries(`actorId=${accountId}`)).toMatchObject([trace]),
      10_000,
    );
  });
});

describe('npm run verify-audit', () => {
  const verify = async () => {
    const { MONGODB_URL } = environment();
    const env = { ...process.env, MONGODB_URL, MONGODB_DATABASE: service.db.databaseName, AUDIT_SECRET };
    const command = fileURLToPath(new URL('../src/commands/verify-audit.ts', import.meta.url));
    return promisify(execFile)(process.execPath, [command], { env }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
  };

  it('finds nothing in what the service has written, and an entry that somebody has changed', async () => {
    const { id } = await makeEvent(service.call);
    await vi.waitFor(async () => {
      const [entry] = await entries(`eventId=${id}`);
      expect(entry?.seal).not.toBeNull();
    }, 10_000);
    expect(await verify()).toMatchObject({ code: 0, stdout: expect.stringContaining('0 findings') });
    await service.db
      .collection('audit')
      .updateOne({ 'subject.id': id }, { $set: { 'actor.id': 'acc_other' } });
    expect(await verify()).toMatchObject({ code: 1, stdout: expect.stringContaining('entry_changed') });
  });
});
