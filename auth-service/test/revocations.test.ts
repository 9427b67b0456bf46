import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staff, type Answer } from './call.ts';
import { logIn, PASSWORD, refresh, register, versionIn, type Player } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ instances: 2 });
});

afterAll(() => system.stop());

interface Named {
  accountId: string;
  sessionIds?: string[];
  minVersion?: number;
  exceptSessionId?: string;
}

/** The revocations that gateways received about an account, once there is one. */
function told(accountId: string): Promise<unknown[]> {
  return eventually(() => {
    const messages = system.sent.filter(
      ({ type, subject }) => type === 'laurel.sessions.revoked.v1' && subject === accountId,
    );
    expect(messages).not.toEqual([]);
    return messages.map(({ data }) => data);
  });
}

async function recorded(accountId: string): Promise<object[]> {
  return await system.db
    .collection('revocations')
    .find({ accountId }, { projection: { _id: 0, revokedAt: 0, expiresAt: 0 } })
    .toArray();
}

const admin = staff('ADMIN');
const put = (target: string, json: object): Promise<Answer> =>
  system.call('PUT', target, { as: admin, json });

type Ending = [
  string,
  (one: Player, other: Player) => Promise<Answer>,
  (one: Player, other: Player) => Named,
];

const nextVersion = ({ id, tokens }: Player): Named => ({
  accountId: id,
  minVersion: versionIn(tokens.accessToken) + 1,
});

const endings: Ending[] = [
  [
    'a logout names its session',
    (one) => system.call('POST', '/v1/auth/logout', { as: one.as }),
    (one) => ({ accountId: one.id, sessionIds: [one.as.sessionId] }),
  ],
  [
    'a logout of the others names the next version, and excepts this session',
    (one) => system.call('POST', '/v1/auth/logout', { as: one.as, json: { scope: 'others' } }),
    (one) => ({ ...nextVersion(one), exceptSessionId: one.as.sessionId }),
  ],
  [
    'a logout of all names the next version and no session',
    (one) => system.call('POST', '/v1/auth/logout', { as: one.as, json: { scope: 'all' } }),
    (one) => nextVersion(one),
  ],
  [
    'a session that its owner ends is named',
    (one, other) => system.call('DELETE', `/v1/me/sessions/${other.as.sessionId}`, { as: one.as }),
    (one, other) => ({ accountId: one.id, sessionIds: [other.as.sessionId] }),
  ],
  [
    'another password names the next version, and excepts this session',
    (one) =>
      system.call('PUT', '/v1/me/password', {
        as: one.as,
        json: { currentPassword: PASSWORD, newPassword: 'yellow-river-77' },
      }),
    (one) => ({ ...nextVersion(one), exceptSessionId: one.as.sessionId }),
  ],
  [
    'a ban names the next version and no session',
    (one) => put(`/v1/accounts/${one.id}/status`, { status: 'banned', reason: 'test' }),
    (one) => nextVersion(one),
  ],
  [
    'other roles name the next version and no session',
    (one) => put(`/v1/accounts/${one.id}/roles`, { roles: ['USER', 'AUDITOR'] }),
    (one) => nextVersion(one),
  ],
];

describe('what ends access tokens', () => {
  it.each(endings)('%s, on record and to every gateway', async (_rule, end, expected) => {
    const one = await register(system);
    const other = await logIn(system, one.username);

    const { status } = await end(one, other);

    expect(status).toBeLessThan(300);
    const revocation = expected(one, other);
    expect(await recorded(one.id)).toEqual([revocation]);
    expect(await told(one.id)).toEqual([revocation]);
  });

  it('a refresh token that comes back names its session', async () => {
    const one = await register(system);
    const { tokens } = await refresh(system, one.tokens.refreshToken);
    await refresh(system, tokens?.refreshToken ?? '');

    expect((await refresh(system, one.tokens.refreshToken)).status).toBe(401);

    const revocation = { accountId: one.id, sessionIds: [one.as.sessionId] };
    expect(await recorded(one.id)).toEqual([revocation]);
    expect(await told(one.id)).toEqual([revocation]);
  });

  it('a repeated logout revokes nothing more', async () => {
    const one = await register(system);

    await system.call('POST', '/v1/auth/logout', { as: one.as });
    const again = await system.call('POST', '/v1/auth/logout', { as: one.as });

    expect(again.status).toBe(204);
    expect(await recorded(one.id)).toHaveLength(1);
  });
});
