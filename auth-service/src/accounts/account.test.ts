import type { Role } from 'service-kit/identity';
import { describe, expect, it } from 'vitest';
import {
  changed,
  changeProfile,
  changeRoles,
  openAccount,
  searchKeysOf,
  upgrade,
  withPassword,
  type Account,
} from './account.ts';

const at = new Date('2026-12-01T00:00:00Z');
const later = new Date('2026-12-01T01:00:00Z');
const admin = { id: 'acc_admin', roles: ['ADMIN'] as const };

function account(change: Partial<Account> = {}): Account {
  const opened = openAccount({ id: 'acc_1', username: 'minjun', passwordHash: 'hashed' }, at);
  return { ...opened, ...change };
}
const withRoles = (...roles: Role[]): Account => account({ roles });

it('a new account is an active USER, whatever was asked for', () => {
  expect(account()).toMatchObject({ roles: ['USER'], status: 'active', version: 1, tokenVersion: 1 });
});

describe('a change of the profile', () => {
  it('replaces what it names and leaves the rest', () => {
    const before = account({ email: 'a@example.com', displayName: 'A' });
    expect(changeProfile(before, { displayName: 'B' }, later)).toEqual({
      ...before,
      displayName: 'B',
      version: 2,
      updatedAt: later,
    });
  });

  it('removes what it names null', () => {
    expect(changeProfile(account({ email: 'a@example.com' }), { email: null }, later)?.email).toBeNull();
  });

  it('that changes nothing is no change', () => {
    expect(changeProfile(account({ displayName: 'A' }), { displayName: 'A' }, later)).toBeUndefined();
    expect(changeProfile(account(), {}, later)).toBeUndefined();
  });
});

describe('a change of roles', () => {
  it('replaces all of them and ends tokens with the old ones', () => {
    expect(changeRoles(account(), ['OPERATOR'], admin, false, later)).toMatchObject({
      roles: ['OPERATOR'],
      version: 2,
      tokenVersion: 2,
    });
  });

  it('to the same roles in another order is no change', () => {
    const before = withRoles('USER', 'OPERATOR');
    expect(changeRoles(before, ['OPERATOR', 'USER'], admin, false, later)).toBeUndefined();
  });

  it('of oneself is refused, even to the same roles', () => {
    expect(() => changeRoles(account(), ['USER'], { ...admin, id: 'acc_1' }, false, later)).toThrow(
      expect.objectContaining({ code: 'self_role_change' }),
    );
  });

  it('of the last ADMIN to another role is refused; to more roles it is not', () => {
    expect(() => changeRoles(withRoles('ADMIN'), ['USER'], admin, true, later)).toThrow(
      expect.objectContaining({ code: 'last_admin' }),
    );
    expect(changeRoles(withRoles('ADMIN'), ['ADMIN', 'USER'], admin, true, later)?.roles).toEqual([
      'ADMIN',
      'USER',
    ]);
  });

  it('of a banned ADMIN is not held back by the rule about the last one', () => {
    const banned = account({ roles: ['ADMIN'], status: 'banned' });
    expect(changeRoles(banned, ['USER'], admin, true, later)?.roles).toEqual(['USER']);
  });

  it('of a deleted account is refused', () => {
    expect(() => changeRoles(account({ status: 'deleted' }), ['OPERATOR'], admin, false, later)).toThrow(
      expect.objectContaining({ code: 'account_deleted' }),
    );
  });
});

describe('an upgrade', () => {
  const given = { username: 'minjun', passwordHash: 'hashed' };
  const guest = openAccount({ id: 'acc_1', username: 'guest-1', passwordHash: null }, at);

  it('gives a guest a name and a password, and its e-mail address where one is given', () => {
    expect(guest).toMatchObject({ guest: true, passwordHash: null, roles: ['USER'] });
    const upgraded = { ...guest, ...given, guest: false, version: 2, updatedAt: later, lastLoginAt: later };
    const ended = { tokenVersion: 2, sessionEpoch: 1, credentialVersion: 1 };
    expect(upgrade(guest, given, later)).toEqual({ ...upgraded, ...ended });
    expect(upgrade({ ...guest, email: 'a@example.com' }, given, later).email).toBe('a@example.com');
    expect(upgrade(guest, { ...given, email: 'b@example.com' }, later).email).toBe('b@example.com');
  });

  it('of who is no guest is refused', () => {
    expect(() => upgrade(account(), given, later)).toThrow(expect.objectContaining({ code: 'not_a_guest' }));
  });
});

it('another password ends all sessions and tokens, and voids one-time tokens', () => {
  expect(withPassword(account(), 'other')).toMatchObject({
    passwordHash: 'other',
    tokenVersion: 2,
    sessionEpoch: 1,
    credentialVersion: 1,
    version: 1,
  });
});

it.each([
  [{ email: 'other@example.com' }, 1],
  [{ status: 'banned' as const }, 1],
  [{ passwordHash: 'other' }, 1],
  [{ displayName: 'Other' }, 0],
  [{ roles: ['ADMIN' as const] }, 0],
])('a change to %j raises the version of the credentials by %i', (change, by) => {
  const before = account();
  expect(changed(before, change, later).credentialVersion).toBe(before.credentialVersion + by);
});

it('an account is searched by its names, whatever their case', () => {
  expect(searchKeysOf({ username: 'MinJun', displayName: 'Min Jun' })).toEqual(['minjun', 'min jun']);
  expect(searchKeysOf({ username: 'MinJun', displayName: 'MINJUN' })).toEqual(['minjun']);
  expect(searchKeysOf({ username: 'MinJun', displayName: null })).toEqual(['minjun']);
});
