import { signInternalCall } from 'service-kit/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staff, type Answer } from './call.ts';
import { register } from './player.ts';
import { startSystem, type System } from './system.ts';

const [CURRENT, NEXT] = [
  { id: 'k1', secret: 'the-internal-secret-that-is-used-now' },
  { id: 'k2', secret: 'the-internal-secret-that-comes-after' },
];
let system: System;
let now = new Date();

beforeAll(async () => {
  const INTERNAL_KEYS = [CURRENT, NEXT].map(({ id, secret }) => `${id}:${secret}`).join(',');
  system = await startSystem({ env: { INTERNAL_KEYS }, overrides: { clock: () => now } });
});
afterAll(() => system.stop());

function ask(target: string, key = CURRENT): Promise<Answer> {
  const signed = signInternalCall({ service: 'auth-service', key, now: Date.now(), method: 'GET', target });
  return system.call('GET', target, { unsigned: true, headers: signed });
}

const logOut = (as: { userId: string }) => system.call('POST', '/v1/auth/logout', { as });
const accountsIn = ({ body }: Answer): unknown[] =>
  (body['items'] as { accountId: string }[]).map(({ accountId }) => accountId);
const cursorIn = ({ body }: Answer): string => encodeURIComponent(String(body['cursor']));

describe('revocations', () => {
  it('are told whole at first, and then what is new with an overlap', async () => {
    const [first, second] = [await register(system), await register(system)];
    await logOut(first.as);
    const all = await ask('/internal/revocations');
    expect(all.status).toBe(200);
    expect(all.body['items']).toContainEqual({
      accountId: first.id,
      sessionIds: [first.as.sessionId],
      revokedAt: expect.stringMatching(/Z$/),
    });

    const repeated = await ask(`/internal/revocations?since=${cursorIn(all)}`);
    expect(accountsIn(repeated)).toContain(first.id);
    now = new Date(now.getTime() + 31_000);
    const later = await ask(`/internal/revocations?since=${cursorIn(repeated)}`);
    now = new Date(now.getTime() + 31_000);
    await logOut(second.as);
    const newest = await ask(`/internal/revocations?since=${cursorIn(later)}`);

    expect(accountsIn(newest)).toEqual([second.id]);
  });

  it('come in pages, each once, and what came meanwhile with the next reading', async () => {
    const revocations = system.db.collection('revocations');
    now = new Date(now.getTime() + 60 * 60_000);
    const [revokedAt, expiresAt] = [now, new Date(now.getTime() + 60_000)];
    const accountIds = Array.from({ length: 12_000 }, (_, index) => `acc_${index}`);
    // All in one millisecond, so that the time alone could not tell where a page ends.
    await revocations.insertMany(
      accountIds.map((accountId) => ({ accountId, minVersion: 2, revokedAt, expiresAt })),
    );

    const pages = [await ask('/internal/revocations')];
    const last = () => pages.at(-1) ?? pages[0];
    const late = {
      accountId: 'acc_late',
      minVersion: 2,
      revokedAt: new Date(now.getTime() - 20_000),
      expiresAt,
    };
    await revocations.insertOne(late);
    now = new Date(now.getTime() + 20_000);
    while (last()?.body['hasMore'] === true) {
      pages.push(await ask(`/internal/revocations?since=${cursorIn(last() as Answer)}`));
    }

    expect(pages.map((page) => accountsIn(page).length)).toEqual([5_000, 5_000, 2_000]);
    expect(new Set(pages.flatMap(accountsIn))).toEqual(new Set(accountIds));
    const next = await ask(`/internal/revocations?since=${cursorIn(last() as Answer)}`);
    expect(accountsIn(next)).toContain('acc_late');
    await revocations.deleteMany({ revokedAt: { $lte: revokedAt } });
  });

  it('are forgotten when every token they could end has expired', async () => {
    const player = await register(system);
    await logOut(player.as);
    now = new Date(now.getTime() + 10 * 60_000 + 59_000);
    expect(accountsIn(await ask('/internal/revocations'))).toContain(player.id);
    now = new Date(now.getTime() + 2_000);
    expect(accountsIn(await ask('/internal/revocations'))).not.toContain(player.id);
  });

  it.each([
    'yesterday',
    '2026-13-01T00:00:00Z',
    '$ne',
    '2026-12-01T00:00:00Z~x',
    '2026-12-01T00:00:00Z~2026-12-01T00:00:00Z~xyz',
  ])('since %s answer 400', async (since) => {
    expect((await ask(`/internal/revocations?since=${since}`)).body).toMatchObject({
      status: 400,
      code: 'invalid_cursor',
    });
  });
});

describe('the status of an account', () => {
  it('is told with its version; of an unknown one 404', async () => {
    const { id } = await register(system);
    const accountId = id;
    expect((await ask(`/internal/accounts/${id}/status`)).body).toEqual({
      accountId,
      status: 'active',
      version: 1,
    });
    await system.call('PUT', `/v1/accounts/${id}/status`, {
      as: staff('ADMIN'),
      json: { status: 'banned', reason: 'test' },
    });
    expect((await ask(`/internal/accounts/${id}/status`)).body).toEqual({
      accountId,
      status: 'banned',
      version: 2,
    });
    expect((await ask('/internal/accounts/acc_nobody/status')).status).toBe(404);
  });
});

describe('internal calls', () => {
  const target = '/internal/revocations';

  it('may be signed with any of the keys', async () => {
    expect((await ask(target, NEXT)).status).toBe(200);
  });

  it.each([
    ['nobody signed', () => system.call('GET', target, { unsigned: true })],
    ['the gateway signed, even for an ADMIN', () => system.call('GET', target, { as: staff('ADMIN') })],
    ['another key signed', () => ask(target, { id: 'k1', secret: 'some-other-secret-of-sufficient-size' })],
  ])('that %s are refused', async (_who, call) => {
    expect((await call()).status).toBe(401);
  });
});

it('without keys nobody may call', async () => {
  const closed = await startSystem();
  const signed = signInternalCall({
    service: 'auth-service',
    key: CURRENT,
    now: Date.now(),
    method: 'GET',
    target: '/internal/revocations',
  });
  const answer = await closed.call('GET', '/internal/revocations', { unsigned: true, headers: signed });
  await closed.stop();
  expect(answer.status).toBe(401);
});
