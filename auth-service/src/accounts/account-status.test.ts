import type { Role } from 'service-kit/identity';
import { describe, expect, it } from 'vitest';
import { changeStatus, deleteByStaff, deleteOwn, endBan, erase, restore } from './account-status.ts';
import { openAccount, type Account } from './account.ts';

const at = new Date('2026-12-01T00:00:00Z');
const later = new Date('2026-12-01T01:00:00Z');
const latest = new Date('2026-12-01T02:00:00Z');
const admin = { id: 'acc_admin', roles: ['ADMIN'] as const };
const operator = { id: 'acc_operator', roles: ['OPERATOR'] as const };

function account(change: Partial<Account> = {}): Account {
  const opened = openAccount({ id: 'acc_1', username: 'minjun', passwordHash: 'hashed' }, at);
  return { ...opened, ...change };
}
const withRoles = (...roles: Role[]): Account => account({ roles });
const withCode = (code: string): unknown => expect.objectContaining({ code });

describe('a change of status', () => {
  const ban = { status: 'banned', reason: 'speed hack' } as const;
  const unban = { status: 'active', reason: 'appeal' } as const;

  it('to banned ends all tokens', () => {
    expect(changeStatus(account(), ban, operator, false, later)).toMatchObject({
      status: 'banned',
      statusReason: 'speed hack',
      version: 2,
      tokenVersion: 2,
    });
  });

  it('to active again leaves tokens as they are', () => {
    const banned = account({ status: 'banned', statusReason: 'speed hack', tokenVersion: 2 });
    expect(changeStatus(banned, unban, operator, false, later)).toMatchObject({
      status: 'active',
      statusReason: 'appeal',
      tokenVersion: 2,
    });
  });

  it('repeated is no change; with another reason it is one that ends no tokens', () => {
    const banned = account({ status: 'banned', statusReason: 'speed hack' });
    expect(changeStatus(banned, ban, operator, false, later)).toBeUndefined();
    expect(changeStatus(banned, { ...ban, reason: 'fraud' }, operator, false, later)).toMatchObject({
      statusReason: 'fraud',
      version: 2,
      tokenVersion: 1,
    });
  });

  it('to banned may have an end, which a later one replaces', () => {
    const until = changeStatus(account(), { ...ban, until: latest }, operator, false, later);
    expect(until).toMatchObject({ status: 'banned', bannedUntil: latest });
    expect(until && changeStatus(until, { ...ban, until: latest }, operator, false, later)).toBeUndefined();
    expect(until && changeStatus(until, ban, operator, false, later)).toMatchObject({
      bannedUntil: null,
      version: 3,
    });
    expect(until && changeStatus(until, unban, operator, false, later)).toMatchObject({ bannedUntil: null });
  });

  it.each([at, later])('to banned until %s, which is over, is refused', (until) => {
    expect(() => changeStatus(account(), { ...ban, until }, operator, false, later)).toThrow(
      withCode('invalid_request'),
    );
  });

  it.each([
    ['of oneself', account(), { ...admin, id: 'acc_1' }, false, 'self_status_change'],
    ['of staff by an OPERATOR', withRoles('USER', 'AUDITOR'), operator, false, 'staff_account'],
    ['of a deleted account', account({ status: 'deleted' }), admin, false, 'account_deleted'],
    ['of the last ADMIN', withRoles('ADMIN'), admin, true, 'last_admin'],
  ])('%s is refused', (_, of, by, isLastAdmin, code) => {
    expect(() => changeStatus(of, ban, by, isLastAdmin, later)).toThrow(expect.objectContaining({ code }));
  });

  it('of staff by an ADMIN is done', () => {
    expect(changeStatus(withRoles('OPERATOR'), ban, admin, false, later)?.status).toBe('banned');
  });
});

describe('a ban', () => {
  const banned = account({ status: 'banned', statusReason: 'speed hack', bannedUntil: later });

  it('ends at its end and not before', () => {
    expect(endBan(banned, new Date(later.getTime() - 1))).toBeUndefined();
    expect(endBan(banned, later)).toEqual({
      ...banned,
      status: 'active',
      statusReason: null,
      bannedUntil: null,
      version: 2,
      credentialVersion: 1,
      updatedAt: later,
    });
  });

  it('without an end does not end, and what is no ban has none', () => {
    expect(endBan({ ...banned, bannedUntil: null }, latest)).toBeUndefined();
    expect(endBan({ ...banned, status: 'deleted' }, latest)).toBeUndefined();
    expect(endBan(account(), latest)).toBeUndefined();
  });
});

describe('a deletion', () => {
  it('ends all tokens and remembers what the account was', () => {
    const deleted = { status: 'deleted', version: 2, tokenVersion: 2, username: 'minjun' };
    expect(deleteByStaff(account(), admin, false, later)).toMatchObject({
      ...deleted,
      deletion: { at: later, statusBefore: 'active' },
    });
    expect(deleteByStaff(account({ status: 'banned' }), admin, false, later)).toMatchObject({
      deletion: { at: later, statusBefore: 'banned' },
    });
    expect(deleteOwn(account(), false, later)).toMatchObject(deleted);
  });

  it('by staff repeated is no change', () => {
    expect(deleteByStaff(account({ status: 'deleted' }), admin, false, later)).toBeUndefined();
  });

  it('of oneself is not for staff, and the last ADMIN stays', () => {
    expect(() => deleteByStaff(account(), { ...admin, id: 'acc_1' }, false, later)).toThrow(
      withCode('self_status_change'),
    );
    expect(() => deleteByStaff(withRoles('ADMIN'), admin, true, later)).toThrow(withCode('last_admin'));
    expect(() => deleteOwn(withRoles('ADMIN'), true, later)).toThrow(withCode('last_admin'));
  });

  it('by the owner is for who is active', () => {
    expect(() => deleteOwn(account({ status: 'banned' }), false, later)).toThrow(withCode('account_banned'));
    expect(() => deleteOwn(account({ status: 'deleted' }), false, later)).toThrow(
      withCode('account_not_found'),
    );
  });
});

describe('a restore', () => {
  const deletedFrom = (change: Partial<Account>): Account => {
    const deleted = deleteByStaff(account(change), admin, false, later);
    if (!deleted) throw new Error('it was not deleted');
    return deleted;
  };

  it('makes active what was active; its tokens stay dead', () => {
    expect(restore(deletedFrom({ statusReason: 'appeal' }), latest)).toMatchObject({
      status: 'active',
      statusReason: null,
      deletion: null,
      version: 3,
      tokenVersion: 2,
    });
  });

  it('brings a ban back, with its reason and its end, unless it is over', () => {
    const ban = { status: 'banned', statusReason: 'speed hack' } as const;
    expect(restore(deletedFrom(ban), latest)).toMatchObject({ ...ban, deletion: null });
    const end = new Date('2026-12-09T00:00:00Z');
    expect(restore(deletedFrom({ ...ban, bannedUntil: end }), latest)).toMatchObject({
      ...ban,
      bannedUntil: end,
    });
    expect(restore(deletedFrom({ ...ban, bannedUntil: later }), latest)).toMatchObject({
      status: 'active',
      bannedUntil: null,
    });
  });

  it('of what is not deleted is no change; of what is erased it is refused', () => {
    expect(restore(account(), latest)).toBeUndefined();
    const erased = erase(deletedFrom({}), latest);
    expect(() => erased && restore(erased, latest)).toThrow(withCode('account_erased'));
  });
});

describe('an erasure', () => {
  it('leaves nothing personal of a deleted account', () => {
    const personal = { email: 'a@example.com', displayName: 'Min', statusReason: 'for Min', lastLoginAt: at };
    const before = account({
      ...personal,
      status: 'deleted',
      deletion: { at, statusBefore: 'banned' },
      bannedUntil: latest,
    });
    const erased = erase(before, later);
    expect(erased).toEqual({
      id: 'acc_1',
      username: 'erased:acc_1',
      email: null,
      displayName: null,
      roles: ['USER'],
      status: 'deleted',
      statusReason: null,
      bannedUntil: null,
      guest: false,
      passwordHash: null,
      deletion: null,
      erasedAt: later,
      lastLoginAt: null,
      version: 2,
      tokenVersion: 1,
      sessionEpoch: 0,
      credentialVersion: 1,
      createdAt: at,
      updatedAt: later,
    });
    expect(erased && erase(erased, latest)).toBeUndefined();
  });

  it('is for deleted accounts alone', () => {
    expect(erase(account(), later)).toBeUndefined();
    expect(erase(account({ status: 'banned' }), later)).toBeUndefined();
  });
});
