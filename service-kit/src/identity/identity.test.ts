import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createIdentityVerifier,
  IDENTITY_HEADERS,
  isIdentityHeader,
  roles,
  signIdentity,
  type Identity,
} from './index.ts';

const NOW = 1_800_000_000_000;
const key = { id: 'k1', secret: 'first-secret-first-secret-first-sec' };
const otherKey = { id: 'k2', secret: 'other-secret-other-secret-other-sec' };
const player: Identity = {
  userId: 'acc_1',
  sessionId: 'ses_1',
  roles: ['USER', 'OPERATOR'],
  scopes: [],
  clientAddress: '203.0.113.7',
};
const request = {
  service: 'auth-service',
  key,
  now: NOW,
  method: 'POST',
  target: '/v1/auth/logout?x=1',
  identity: player,
  requestId: 'req-1',
};
const verify = createIdentityVerifier({ service: 'auth-service', keys: [key], clock: () => NOW });

describe('signIdentity', () => {
  it('signs exactly the array that the contract names', () => {
    const headers = signIdentity(request);
    const content = `["v1","auth-service",${NOW},"POST","/v1/auth/logout?x=1","acc_1","ses_1","OPERATOR,USER","","req-1","203.0.113.7"]`;
    const signature = createHmac('sha256', key.secret).update(content).digest('base64url');
    expect(headers).toEqual({
      'x-user-id': 'acc_1',
      'x-session-id': 'ses_1',
      'x-user-roles': 'OPERATOR,USER',
      'x-request-id': 'req-1',
      'x-client-address': '203.0.113.7',
      'x-gateway-signature': `v1;k=k1;t=${NOW};s=${signature}`,
    });
  });

  it('sends no header that is not an identity header', () => {
    const headers = signIdentity({ ...request, identity: { ...player, scopes: ['claims:read'] } });
    expect(Object.keys(headers).toSorted()).toEqual(IDENTITY_HEADERS.toSorted());
  });
});

describe('createIdentityVerifier', () => {
  it('returns the identity that was signed', () => {
    const word = fc.stringMatching(/^[\x21-\x2b\x2d-\x7e]{1,30}$/);
    const identities = fc.record({
      userId: fc.oneof(fc.constant(''), word),
      sessionId: fc.oneof(fc.constant(''), word),
      roles: fc.uniqueArray(fc.constantFrom(...roles)),
      scopes: fc.uniqueArray(word),
      clientAddress: fc.oneof(fc.ipV4(), fc.ipV6()),
    });
    fc.assert(
      fc.property(identities, word, fc.webPath(), (identity, requestId, target) => {
        const headers = signIdentity({ ...request, identity, requestId, target });
        expect(verify('POST', target, headers)).toEqual({
          ...identity,
          roles: identity.roles.toSorted(),
          scopes: identity.scopes.toSorted(),
        });
      }),
    );
  });

  it.each(IDENTITY_HEADERS)('refuses a request whose %s was changed, added or removed', (name) => {
    const headers = signIdentity(request);
    expect(verify('POST', request.target, { ...headers, [name]: `${headers[name] ?? ''}x` })).toBeUndefined();
    const without = { ...headers, [name]: undefined };
    const wasThere = headers[name] !== undefined;
    expect(verify('POST', request.target, without) === undefined).toBe(wasThere);
  });

  it.each([
    ['method', 'GET', request.target],
    ['path', 'POST', '/v1/auth/logoux?x=1'],
    ['query', 'POST', '/v1/auth/logout?x=2'],
  ])('refuses a signature made for another %s', (_what, method, target) => {
    expect(verify(method, target, signIdentity(request))).toBeUndefined();
  });

  it('refuses a signature made for another service', () => {
    const headers = signIdentity({ ...request, service: 'game-event-service' });
    expect(verify('POST', request.target, headers)).toBeUndefined();
  });

  it('refuses an unsigned request', () => {
    expect(verify('POST', request.target, { 'x-user-id': 'acc_1', 'x-user-roles': 'ADMIN' })).toBeUndefined();
  });

  it.each([
    [-60_001, false],
    [-60_000, true],
    [60_000, true],
    [60_001, false],
  ])('with a clock that is %i ms off, accepts: %s', (skew, accepted) => {
    const headers = signIdentity({ ...request, now: NOW + skew });
    expect(verify('POST', request.target, headers) !== undefined).toBe(accepted);
  });

  it('accepts any of its keys, and no other', () => {
    const both = createIdentityVerifier({ service: 'auth-service', keys: [key, otherKey], clock: () => NOW });
    const headers = signIdentity({ ...request, key: otherKey });
    expect(both('POST', request.target, headers)).toBeDefined();
    expect(verify('POST', request.target, headers)).toBeUndefined();
    const impostor = signIdentity({ ...request, key: { ...otherKey, id: 'k1' } });
    expect(both('POST', request.target, impostor)).toBeUndefined();
  });

  it.each([
    ['as a list', ['acc_1', 'acc_1']],
    ['joined', 'acc_1, acc_1'],
  ])('refuses a header that came twice, %s', (_how, value) => {
    expect(verify('POST', request.target, { ...signIdentity(request), 'x-user-id': value })).toBeUndefined();
  });

  it.each([
    '',
    'v1',
    'v2;k=k1;t=1;s=x',
    'v1;k=;t=;s=',
    `v1;k=k1;t=${NOW};s=`,
    `v1;k=k1;t=1e3;s=${'a'.repeat(43)}`,
  ])('refuses %j as a signature', (signature) => {
    const headers = { ...signIdentity(request), 'x-gateway-signature': signature };
    expect(verify('POST', request.target, headers)).toBeUndefined();
  });

  it('drops a role that it does not know', () => {
    const roles = ['USER', 'EMPEROR'] as unknown as Identity['roles'];
    const headers = signIdentity({ ...request, identity: { ...player, roles } });
    expect(verify('POST', request.target, headers)?.roles).toEqual(['USER']);
  });
});

describe('isIdentityHeader', () => {
  it.each(['x-user-id', 'X-User-Roles', 'x_user_scopes', 'X_SESSION-ID', 'X-Gateway-Signature'])(
    'finds %s',
    (name) => {
      expect(isIdentityHeader(name)).toBe(true);
    },
  );

  it.each(['authorization', 'x-user-identity', 'traceparent'])('leaves %s alone', (name) => {
    expect(isIdentityHeader(name)).toBe(false);
  });
});
