import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDigest } from './digest.ts';

const entry = {
  id: '692c0a000000000000000001',
  at: new Date('2026-11-30T12:00:00.123Z'),
  action: 'replace-roles',
  actor: { kind: 'account', id: 'acc_1', roles: ['ADMIN'] },
  subject: { kind: 'account', id: 'acc_2' },
  result: 'done',
  reason: 'Größe €',
  details: { before: ['USER'], after: [], '10': 1, '9': 2.5, none: null },
};

describe('the digest of an audit entry', () => {
  it('is what earlier versions stored, without a key and under one', () => {
    expect(createDigest(undefined)('entry', entry)).toBe('E-09q1hAw2pBTKYb2BwDG1HnTnesW6_q0vEjNHp4zBE');
    const key = createSecretKey(Buffer.alloc(32, 7));
    expect(createDigest(key)('entry', entry)).toBe('oDN9NCjGYQa0dND7sqUjbc38ukODjIQBuRTD1RuvC1s');
  });
});
