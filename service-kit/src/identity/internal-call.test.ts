import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createInternalCallVerifier, isIdentityHeader, signIdentity, signInternalCall } from './index.ts';

const NOW = 1_800_000_000_000;
const key = { id: 'k1', secret: 'first-secret-first-secret-first-sec' };
const nextKey = { id: 'k2', secret: 'other-secret-other-secret-other-sec' };
const target = '/internal/revocations?since=abc';
const call = { service: 'auth-service', key, now: NOW, method: 'GET', target };
const headers = signInternalCall(call);
const verify = createInternalCallVerifier({ service: 'auth-service', keys: [key], clock: () => NOW });

describe('signInternalCall', () => {
  it('signs exactly the array that the contract names', () => {
    const content = `["internal-v1","auth-service",${NOW},"GET","${target}"]`;
    const signature = createHmac('sha256', key.secret).update(content).digest('base64url');
    expect(headers).toEqual({ 'x-internal-signature': `v1;k=k1;t=${NOW};s=${signature}` });
  });
});

describe('createInternalCallVerifier', () => {
  it('accepts a call that a service signed', () => {
    expect(verify('GET', target, headers)).toBe(true);
  });

  it.each([
    ['for another service', { service: 'game-event-service' }],
    ['with another key', { key: nextKey }],
    ['with another secret of the same name', { key: { ...key, secret: nextKey.secret } }],
    ['for another method', { method: 'POST' }],
    ['for another path', { target: '/internal/accounts' }],
    ['for another query', { target: `${target}d` }],
    ['more than a minute ago', { now: NOW - 60_001 }],
    ['for more than a minute from now', { now: NOW + 60_001 }],
  ])('refuses a call that was signed %s', (_what, change) => {
    expect(verify('GET', target, signInternalCall({ ...call, ...change }))).toBe(false);
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['one that came twice', [headers['x-internal-signature'] ?? '', headers['x-internal-signature'] ?? '']],
    ['one joined of two', `${headers['x-internal-signature']}, ${headers['x-internal-signature']}`],
    ['one of another version', headers['x-internal-signature']?.replace('v1', 'v2')],
    ['one whose time was changed', headers['x-internal-signature']?.replace(String(NOW), String(NOW + 1))],
    ['one that is cut off', headers['x-internal-signature']?.slice(0, -1)],
  ])('accepts a complete signature only: %s', (_what, signature) => {
    expect(verify('GET', target, { 'x-internal-signature': signature })).toBe(false);
  });

  it('accepts each of its keys, for rotation', () => {
    const both = createInternalCallVerifier({
      service: 'auth-service',
      keys: [nextKey, key],
      clock: () => NOW,
    });
    expect(both('GET', target, headers)).toBe(true);
    expect(both('GET', target, signInternalCall({ ...call, key: nextKey }))).toBe(true);
  });

  it('refuses a signature of the gateway, even with the same key', () => {
    const identity = { userId: '', sessionId: '', roles: [], scopes: [], clientAddress: '' };
    const signed = signIdentity({ ...call, identity, requestId: '' });
    const moved = { 'x-internal-signature': signed['x-gateway-signature'] };
    expect(verify('GET', target, signed)).toBe(false);
    expect(verify('GET', target, moved)).toBe(false);
  });
});

it('its header is never passed on from a client', () => {
  expect(isIdentityHeader('X_Internal-Signature')).toBe(true);
});
