import { describe, expect, it } from 'vitest';
import { createPasswordHasher } from './password-hasher.ts';

describe('password hashing', () => {
  it('is argon2id with 19 MiB, two passes and one lane', async () => {
    const hasher = createPasswordHasher({ concurrency: 1, queueLimit: 1 });
    expect(await hasher.hash('zebra-tooth-91')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('accepts the right password and no other, and nothing where there is no account', async () => {
    const hasher = createPasswordHasher({ concurrency: 1, queueLimit: 1 });
    const hashed = await hasher.hash('zebra-tooth-91');
    expect(await hasher.verify(hashed, 'zebra-tooth-91')).toBe(true);
    expect(await hasher.verify(hashed, 'zebra-tooth-92')).toBe(false);
    expect(await hasher.verify(undefined, 'zebra-tooth-91')).toBe(false);
  });

  it('a full queue refuses at once and says when to come back; what waits is still done', async () => {
    const hasher = createPasswordHasher({ concurrency: 1, queueLimit: 2 });
    const accepted = [1, 2, 3].map(() => hasher.hash('zebra-tooth-91'));
    await expect(hasher.hash('zebra-tooth-91')).rejects.toMatchObject({
      code: 'service_unavailable',
      headers: { 'retry-after': '1' },
    });
    expect(new Set(await Promise.all(accepted)).size).toBe(3);
    await expect(hasher.hash('zebra-tooth-91')).resolves.toContain('argon2id');
  });

  it('what fails gives its place back', async () => {
    const hasher = createPasswordHasher({ concurrency: 1, queueLimit: 0 });
    await expect(hasher.verify('not a hash', 'zebra-tooth-91')).rejects.toThrow();
    await expect(hasher.hash('zebra-tooth-91')).resolves.toContain('argon2id');
  });
});
