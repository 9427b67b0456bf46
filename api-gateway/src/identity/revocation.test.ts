import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { RevocationPage, SessionsRevoked } from './revocation.ts';

const contract = z
  .object({ examples: z.array(z.looseObject({ data: z.unknown() })).min(1) })
  .parse(JSON.parse(readFileSync('contracts/laurel.sessions.revoked.v1.schema.json', 'utf8')));

it('every example of the contract parses completely', () => {
  for (const example of contract.examples) {
    expect(SessionsRevoked.parse(example).data).toEqual(example.data);
  }
});

it('a page of auth-service parses with its times, and unknown fields are ignored', () => {
  const revokedAt = '2026-12-01T00:41:13.105Z';
  const page = {
    items: [{ accountId: 'acc_1', sessionIds: ['ses_1'], revokedAt, reason: 'ban' }],
    cursor: 'c',
    more: 1,
  };
  expect(RevocationPage.parse(page)).toEqual({
    items: [{ accountId: 'acc_1', sessionIds: ['ses_1'], revokedAt: Date.parse(revokedAt) }],
    cursor: 'c',
  });
});

it.each([
  ['no cursor', { items: [] }],
  ['a cursor that is too long', { items: [], cursor: 'c'.repeat(257) }],
  ['no items', { cursor: 'c' }],
  ['an item without a time', { items: [{ accountId: 'acc_1', minVersion: 1 }], cursor: 'c' }],
])('a page with %s is refused', (_what, page) => {
  expect(RevocationPage.safeParse(page).success).toBe(false);
});
