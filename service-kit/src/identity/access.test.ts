import { describe, expect, it } from 'vitest';
import { decideAccess, type Access, type Identity } from './index.ts';

const anonymous: Identity = { userId: '', sessionId: '', roles: [], scopes: [], clientAddress: '::1' };
const player: Identity = { ...anonymous, userId: 'acc_1', sessionId: 'ses_1', roles: ['USER'] };
const admin: Identity = { ...player, roles: ['ADMIN'] };
const client: Identity = { ...anonymous, userId: 'cli_1', scopes: ['claims:read'] };
const callers = { unsigned: undefined, anonymous, player, admin, client };

const table: [string, Access, Record<keyof typeof callers, string>][] = [
  ['unsigned', 'unsigned', row('allowed', 'allowed', 'allowed', 'allowed', 'allowed')],
  [
    'internal',
    'internal',
    row('unauthenticated', 'unauthenticated', 'unauthenticated', 'unauthenticated', 'unauthenticated'),
  ],
  ['public', 'public', row('unauthenticated', 'allowed', 'allowed', 'allowed', 'allowed')],
  ['signed-in', 'signed-in', row('unauthenticated', 'unauthenticated', 'allowed', 'allowed', 'forbidden')],
  [
    'anyone-authenticated',
    'anyone-authenticated',
    row('unauthenticated', 'unauthenticated', 'allowed', 'allowed', 'allowed'),
  ],
  [
    'a role',
    { roles: ['OPERATOR'] },
    row('unauthenticated', 'unauthenticated', 'forbidden', 'allowed', 'forbidden'),
  ],
  [
    'a role or a scope',
    { roles: ['USER'], scopes: ['claims:read'] },
    row('unauthenticated', 'unauthenticated', 'allowed', 'allowed', 'allowed'),
  ],
  [
    'a scope, which no role replaces',
    { scopes: ['claims:read'] },
    row('unauthenticated', 'unauthenticated', 'forbidden', 'forbidden', 'allowed'),
  ],
  [
    'another scope',
    { scopes: ['activity:write'] },
    row('unauthenticated', 'unauthenticated', 'forbidden', 'forbidden', 'forbidden'),
  ],
];

function row(unsigned: string, anonymous: string, player: string, admin: string, client: string) {
  return { unsigned, anonymous, player, admin, client };
}

describe('decideAccess', () => {
  it.each(table)('for %s', (_name, access, expected) => {
    const decisions = Object.entries(callers).map(([name, identity]) => [
      name,
      decideAccess(access, identity),
    ]);
    expect(Object.fromEntries(decisions)).toEqual(expected);
  });
});
