import type { Role } from 'service-kit/identity';
import { describe, expect, test } from 'vitest';
import {
  changeProfile,
  changeRoles,
  changeStatus,
  openAccount,
  searchKeysOf,
  type Account,
} from './account.ts';

const at = new Date('2026-12-01T00:00:00Z');
const later = new Date('2026-12-01T01:00:00Z');
const admin = { id: 'acc_admin', roles: ['ADMIN'] as const };
const operator = { id: 'acc_operator', roles: ['OPERATOR'] as const };

function account(change: Partial<Account> = {}): Account {
  const opened = openAccount({ id: 'acc_1', username: 'minjun', passwordHash: 'hashed' }, at);
  return { ...opened, ...change };
}
const withRoles = (...roles: Role[]): Account => account({ roles });

test('a new account is an active USER, whatever was asked for', () => {
  expect(account()).toMatchObject({ roles: ['USER'], status: 'active', version: 1, tokenVersion: 1 });
});

describe('a change of the profile', () => {
  test('replaces what it names and leaves the rest', () => {
    const before = account({ email: 'a@example.com', displayName: 'A' });
    expect(changeProfile(before, { displayName: 'B' }, later)).toEqual({
      ...before,
      displayName: 'B',
      version: 2,
      updatedAt: later,
    });
  });

  test('removes what it names null', () => {
    expect(changeProfile(account({ email: 'a@example.com' }), { email: null }, later)?.email).toBeNull();
  });

  test('that changes nothing is no change', () => {
    expect(changeProfile(account({ displayName: 'A' }), { displayName: 'A' }, later)).toBeUndefined();
    expect(changeProfile(account(), {}, later)).toBeUndefined();
  });
});

describe('a change of roles', () => {
  test('replaces all of them and ends tokens with the old ones', () => {
    expect(changeRoles(account(), ['OPERATOR'], admin, false, later)).toMatchObject({
      roles: ['OPERATOR'],
      version: 2,
      tokenVersion: 2,
    });
  });

  test('to the same roles in another order is no change', () => {
    const before = withRoles('USER', 'OPERATOR');
    expect(changeRoles(before, ['OPERATOR', 'USER'], admin, false, later)).toBeUndefined();
  });

  test('of oneself is refused, even to the same roles', () => {
    expect(() => changeRoles(account(), ['USER'], { ...admin, id: 'acc_1' }, false, later)).toThrow(
      expect.objectContaining({ code: 'self_role_change' }),
    );
  });

  test('of the last ADMIN to another role is refused; to more roles it is not', () => {
    expect(() => changeRoles(withRoles('ADMIN'), ['USER'], admin, true, later)).toThrow(
      expect.objectContaining({ code: 'last_admin' }),
    );
    expect(changeRoles(withRoles('ADMIN'), ['ADMIN', 'USER'], admin, true, later)?.roles).toEqual([
      'ADMIN',
      'USER',
    ]);
  });

  test('of a banned ADMIN is not held back by the rule about the last one', () => {
    const banned = account({ roles: ['ADMIN'], status: 'banned' });
    expect(changeRoles(banned, ['USER'], admin, true, later)?.roles).toEqual(['USER']);
  });

  test('of a deleted account is refused', () => {
    expect(() => changeRoles(account({ status: 'deleted' }), ['OPERATOR'], admin, false, later)).toThrow(
      expect.objectContaining({ code: 'account_deleted' }),
    );
  });
});

describe('a change of status', () => {
  const ban = { status: 'banned', reason: 'speed hack' } as const;
  const unban = { status: 'active', reason: 'appeal' } as const;

  test('to banned ends all tokens', () => {
    expect(changeStatus(account(), ban, operator, false, later)).toMatchObject({
      status: 'banned',
      statusReason: 'speed hack',
      version: 2,
      tokenVersion: 2,
    });
  });

  test('to active again leaves tokens as they are', () => {
    const banned = account({ status: 'banned', statusReason: 'speed hack', tokenVersion: 2 });
    expect(changeStatus(banned, unban, operator, false, later)).toMatchObject({
      status: 'active',
      statusReason: 'appeal',
      tokenVersion: 2,
    });
  });

  test('repeated is no change; with another reason it is one that ends no tokens', () => {
    const banned = account({ status: 'banned', statusReason: 'speed hack' });
    expect(changeStatus(banned, ban, operator, false, later)).toBeUndefined();
    expect(changeStatus(banned, { ...ban, reason: 'fraud' }, operator, false, later)).toMatchObject({
      statusReason: 'fraud',
      version: 2,
      tokenVersion: 1,
    });
  });

  test.each([
    ['of oneself', account(), { ...admin, id: 'acc_1' }, false, 'self_status_change'],
    ['of staff by an OPERATOR', withRoles('USER', 'AUDITOR'), operator, false, 'staff_account'],
    ['of a deleted account', account({ status: 'deleted' }), admin, false, 'account_deleted'],
    ['of the last ADMIN', withRoles('ADMIN'), admin, true, 'last_admin'],
  ])('%s is refused', (_, of, by, isLastAdmin, code) => {
    expect(() => changeStatus(of, ban, by, isLastAdmin, later)).toThrow(expect.objectContaining({ code }));
  });

  test('of staff by an ADMIN is done', () => {
    expect(changeStatus(withRoles('OPERATOR'), ban, admin, false, later)?.status).toBe('banned');
  });
});

test('an account is searched by its names, whatever their case', () => {
  expect(searchKeysOf({ username: 'MinJun', displayName: 'Min Jun' })).toEqual(['minjun', 'min jun']);
  expect(searchKeysOf({ username: 'MinJun', displayName: 'MINJUN' })).toEqual(['minjun']);
  expect(searchKeysOf({ username: 'MinJun', displayName: null })).toEqual(['minjun']);
});
