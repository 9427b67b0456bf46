import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { signingPair } from '../../test/support/tokens.ts';
import { createJwksCache } from './jwks-cache.ts';

const logger = { error() {}, warn() {}, info() {}, debug() {}, child: () => logger };
const minutes = (count: number) => count * 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A source that can be down, and counts its requests. */
function sourceOf(...kids: string[]) {
  const source = { keys: kids.map((kid) => signingPair(kid).jwk), down: false, asked: 0 };
  const fetchKeySet = async () => {
    source.asked += 1;
    if (source.down) throw new Error('down');
    return { keys: source.keys };
  };
  const warnings: unknown[] = [];
  const warn = (_message: string, fields?: object) => void warnings.push(fields);
  const cache = createJwksCache({ fetchKeySet, now: Date.now, logger: { ...logger, warn } });
  return { source, cache, warnings };
}

describe('the key set', () => {
  it('is loaded at start', async () => {
    const { source, cache } = sourceOf('a', 'b');
    expect(cache.loaded()).toBe(false);
    await cache.component.start?.();
    expect(cache.loaded()).toBe(true);
    expect(cache.get('a')).toBeDefined();
    expect(cache.get('c')).toBeUndefined();
    expect(source.asked).toBe(1);
  });

  it('is requested again with growing pauses until the first success', async () => {
    const { source, cache } = sourceOf('a');
    source.down = true;
    await cache.component.start?.();
    expect(cache.loaded()).toBe(false);
    await vi.advanceTimersByTimeAsync(500 + 1000 + 2000);
    expect(source.asked).toBe(4);
    source.down = false;
    await vi.advanceTimersByTimeAsync(4000);
    expect(cache.loaded()).toBe(true);
    await vi.advanceTimersByTimeAsync(minutes(1) - 1);
    expect(source.asked).toBe(5);
  });

  it('is reloaded every minute, and removed keys are dropped', async () => {
    const { source, cache } = sourceOf('a');
    await cache.component.start?.();
    source.keys = [signingPair('b').jwk];
    await vi.advanceTimersByTimeAsync(minutes(1));
    expect(source.asked).toBe(2);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('b')).toBeDefined();
  });

  it('outlives an outage of its source', async () => {
    const { source, cache } = sourceOf('a');
    await cache.component.start?.();
    source.down = true;
    await vi.advanceTimersByTimeAsync(minutes(60 * 24));
    expect(source.asked).toBeGreaterThan(10);
    expect(cache.get('a')).toBeDefined();
    expect(cache.loaded()).toBe(true);
  });

  it('is not requested after the stop', async () => {
    const { source, cache } = sourceOf('a');
    await cache.component.start?.();
    await cache.component.stop?.();
    await vi.advanceTimersByTimeAsync(minutes(60));
    expect(source.asked).toBe(1);
  });
});

describe('an unknown key', () => {
  it('causes one request in five seconds, for any number of tokens and keys', async () => {
    const { source, cache } = sourceOf('a');
    await cache.component.start?.();
    await Promise.all(['x', 'y', 'z'].map((kid) => cache.lookUp(kid)));
    expect(source.asked).toBe(1);

    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all(['x', 'y', 'z'].map((kid) => cache.lookUp(kid)));
    expect(source.asked).toBe(2);
    await cache.lookUp('x');
    expect(source.asked).toBe(2);
  });

  it('is found if the source has it by then', async () => {
    const { source, cache } = sourceOf('a');
    await cache.component.start?.();
    source.keys.push(signingPair('new').jwk);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await cache.lookUp('new')).toBeDefined();
    expect(await cache.lookUp('a')).toBeDefined();
    expect(source.asked).toBe(2);
  });
});

describe('of a key set', () => {
  it('only keys for ES256 are used', async () => {
    const { source, cache } = sourceOf('a');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' });
    source.keys.push({ ...rsa, kid: 'rsa' }, { ...p384, kid: 'p384' }, { kty: 'oct', k: 'AAAA', kid: 'oct' });
    source.keys.push({ ...signingPair('enc').jwk, use: 'enc' });
    await cache.component.start?.();
    expect(['a', 'rsa', 'p384', 'oct', 'enc'].filter((kid) => cache.get(kid))).toEqual(['a']);
  });

  it('without a usable key the old keys stay', async () => {
    const { source, cache } = sourceOf('a');
    await cache.component.start?.();
    source.keys = [];
    await vi.advanceTimersByTimeAsync(minutes(1));
    expect(cache.get('a')).toBeDefined();
  });

  // Each beside a valid key, as if published by mistake.
  const { jwk } = signingPair('odd');
  it.each([
    ['a point that is not on the curve', { ...jwk, y: jwk.x }, 'x and y are not a point of the curve'],
    ['a coordinate that is too short', { ...jwk, x: String(jwk.x).slice(2) }, 'x is not a coordinate'],
    [
      'a coordinate that is no base64url',
      { ...jwk, y: `${String(jwk.y).slice(1)}+` },
      'y is not a coordinate',
    ],
    ['a coordinate that is missing', { ...jwk, y: undefined }, 'y is not a coordinate'],
    ['a key for signing', { ...jwk, key_ops: ['sign'] }, 'key_ops has no verify'],
    ['a key for nothing', { ...jwk, key_ops: [] }, 'key_ops has no verify'],
    ['key_ops that are no list', { ...jwk, key_ops: 'verify' }, 'key_ops is not a list'],
    ['key_ops that repeat', { ...jwk, key_ops: ['verify', 'verify'] }, 'key_ops has a repetition'],
    ['a key for encryption', { ...jwk, use: 'enc' }, 'use is not sig'],
    ['a key for another algorithm', { ...jwk, alg: 'ES384' }, 'alg is not ES256'],
  ])('%s is ignored alone, and logged once', async (_what, odd, reason) => {
    const { source, cache, warnings } = sourceOf('a', 'b');
    source.keys.splice(1, 0, odd as JsonWebKey);
    await cache.component.start?.();
    await vi.advanceTimersByTimeAsync(minutes(3));
    expect(['a', 'odd', 'b'].filter((kid) => cache.get(kid))).toEqual(['a', 'b']);
    expect(warnings).toEqual([{ kid: 'odd', reason }]);
  });

  it.each([['text'], [7], [null], [[]], [{}]])('%j is passed over alone', async (odd) => {
    const { source, cache, warnings } = sourceOf('a', 'b');
    source.keys.unshift(odd as never);
    await cache.component.start?.();
    expect(['a', 'b'].filter((kid) => cache.get(kid))).toEqual(['a', 'b']);
    expect(warnings).toMatchObject([{ kid: '(none)' }]);
  });

  it('a key for verifying may have other operations as well', async () => {
    const { source, cache, warnings } = sourceOf();
    source.keys.push({ ...signingPair('a').jwk, key_ops: ['verify'] });
    source.keys.push({ ...signingPair('b').jwk, key_ops: ['sign', 'verify'] });
    await cache.component.start?.();
    expect(['a', 'b'].filter((kid) => cache.get(kid))).toEqual(['a', 'b']);
    expect(warnings).toEqual([]);
  });

  it('the first of two keys with one kid is used', async () => {
    const { source, cache, warnings } = sourceOf('a');
    source.keys.push({ ...signingPair('b').jwk, kid: 'a' });
    await cache.component.start?.();
    expect(cache.get('a')?.export({ format: 'jwk' })).toMatchObject({ x: source.keys[0]?.x });
    expect(warnings).toEqual([{ kid: 'a', reason: 'kid is that of an earlier key' }]);
  });
});
