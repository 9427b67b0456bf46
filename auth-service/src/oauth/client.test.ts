import { describe, expect, it } from 'vitest';
import { hashOfSecret, matchesSecret, newClientSecret } from './client-secret.ts';
import { openClient, rotateSecret, validHashes } from './client.ts';

const now = new Date('2026-12-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const after = (ms: number): Date => new Date(now.getTime() + ms);
const [first, second, third] = [newClientSecret(), newClientSecret(), newClientSecret()];
const client = openClient(
  { id: 'cli_1', name: 'Game server', scopes: ['accounts:read'], secretHash: hashOfSecret(first) },
  now,
);
const opens = (secret: string, whose: typeof client | undefined, at = now): boolean =>
  matchesSecret(secret, validHashes(whose, at));

describe('the secret of a service client', () => {
  it('opens it, and no other does', () => {
    expect(opens(first, client)).toBe(true);
    expect(opens(second, client)).toBe(false);
    expect(opens('', client)).toBe(false);
  });

  it('opens nothing where there is no client', () => {
    expect(opens(first, undefined)).toBe(false);
  });

  it('stays good beside its successor until the overlap is over', () => {
    const rotated = rotateSecret(client, hashOfSecret(second), HOUR_MS, now);
    expect(opens(second, rotated)).toBe(true);
    expect(opens(first, rotated, after(HOUR_MS - 1))).toBe(true);
    expect(opens(first, rotated, after(HOUR_MS))).toBe(false);
    expect(opens(second, rotated, after(HOUR_MS))).toBe(true);
  });

  it('ends at once with the second rotation, however long the overlap', () => {
    const twice = [second, third].reduce(
      (each, secret) => rotateSecret(each, hashOfSecret(secret), HOUR_MS, now),
      client,
    );
    expect([first, second, third].map((secret) => opens(secret, twice))).toEqual([false, true, true]);
  });

  it('is not in what is stored', () => {
    expect(JSON.stringify(client)).not.toContain(first);
    expect(newClientSecret()).not.toBe(newClientSecret());
  });
});
