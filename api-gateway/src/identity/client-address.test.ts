import { describe, expect, it } from 'vitest';
import { createClientAddress, parseTrustProxy, type TrustProxy } from './client-address.ts';

function addressOf(trust: TrustProxy | undefined, peer: string, forwardedFor?: string): string {
  return createClientAddress(trust)(peer, forwardedFor);
}

describe('the address of a client', () => {
  it("is the peer's address if no proxy is trusted", () => {
    expect(addressOf(undefined, '203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
    expect(addressOf({ hops: 0 }, '203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
  });

  it('is written the same for IPv4 on any socket', () => {
    expect(addressOf(undefined, '::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(addressOf(undefined, '::1')).toBe('::1');
    expect(addressOf(undefined, 'fe80::1%eth0')).toBe('fe80::1');
  });

  it('is found behind the number of trusted hops', () => {
    const said = '6.6.6.6, 198.51.100.1, 10.0.0.2';
    expect(addressOf({ hops: 1 }, '10.0.0.1', said)).toBe('10.0.0.2');
    expect(addressOf({ hops: 2 }, '10.0.0.1', said)).toBe('198.51.100.1');
    expect(addressOf({ hops: 9 }, '10.0.0.1', said)).toBe('6.6.6.6');
    expect(addressOf({ hops: 2 }, '10.0.0.1')).toBe('10.0.0.1');
  });

  it('is the last address outside the trusted networks', () => {
    const networks = { networks: ['10.0.0.0/8', '::1'] };
    expect(addressOf(networks, '10.0.0.1', '6.6.6.6, 198.51.100.1, 10.0.0.2')).toBe('198.51.100.1');
    expect(addressOf(networks, '::ffff:10.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
    expect(addressOf(networks, '::1', '198.51.100.1')).toBe('198.51.100.1');
    expect(addressOf(networks, '203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
    expect(addressOf(networks, '10.0.0.1', '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3');
  });

  it('is never an invalid address', () => {
    expect(addressOf({ hops: 2 }, '10.0.0.1', '198.51.100.1, unknown')).toBe('10.0.0.1');
    expect(addressOf({ hops: 1 }, '10.0.0.1', '"x\r\ny"')).toBe('10.0.0.1');
    expect(addressOf({ hops: 1 }, '10.0.0.1', '')).toBe('10.0.0.1');
  });

  it('is read without its port', () => {
    expect(addressOf({ hops: 1 }, '10.0.0.1', '198.51.100.1:4711')).toBe('198.51.100.1');
    expect(addressOf({ hops: 1 }, '10.0.0.1', '[2001:db8::1]:4711')).toBe('2001:db8::1');
    expect(addressOf({ hops: 1 }, '10.0.0.1', '2001:db8::1')).toBe('2001:db8::1');
  });
});

describe('the warning about a proxy that is not trusted', () => {
  function toldBy(trust: TrustProxy | undefined, ...requests: [peer: string, forwardedFor?: string][]) {
    const told: string[] = [];
    const clientAddress = createClientAddress(trust, (peer) => told.push(peer));
    for (const [peer, forwardedFor] of requests) clientAddress(peer, forwardedFor);
    return told;
  }

  it('comes once', () => {
    expect(toldBy(undefined, ['10.0.0.1', '8.8.8.8'], ['::ffff:10.0.0.2', '8.8.4.4'])).toEqual(['10.0.0.1']);
    expect(toldBy(undefined, ['127.0.0.1', '8.8.8.8'])).toEqual(['127.0.0.1']);
  });

  it('does not come for a public peer, a peer without X-Forwarded-For, or with TRUST_PROXY', () => {
    expect(toldBy(undefined, ['8.8.8.8', '1.1.1.1'], ['10.0.0.1'])).toEqual([]);
    expect(toldBy({ hops: 0 }, ['10.0.0.1', '8.8.8.8'])).toEqual([]);
    expect(toldBy({ hops: 1 }, ['10.0.0.1', '8.8.8.8'])).toEqual([]);
  });
});

it('TRUST_PROXY is a number, or addresses and networks', () => {
  expect(parseTrustProxy('2')).toEqual({ hops: 2 });
  expect(parseTrustProxy('10.0.0.0/8, ::1')).toEqual({ networks: ['10.0.0.0/8', '::1'] });
  for (const bad of ['yes', '-1', '10.0.0.0/33', '10.0.0.0/x', 'localhost', '10.0.0.1,', '']) {
    expect(parseTrustProxy(bad)).toBeUndefined();
  }
});
