import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountFacts, statusAt } from '../../catalog/conditions/account-facts.ts';
import { applyNews, unheardOf, type AccountNews } from './account.ts';

const REGISTERED = new Date('2026-12-01T00:00:00Z');

const registered: AccountNews = {
  about: 'profile',
  version: 1,
  username: 'min-jun',
  guest: false,
  registeredAt: REGISTERED,
};
const promoted: AccountNews = { about: 'roles', version: 2, roles: ['USER', 'OPERATOR'] };
const banned: AccountNews = { about: 'status', version: 3, status: 'banned' };
const demoted: AccountNews = { about: 'roles', version: 4, roles: ['USER'] };
const forgiven: AccountNews = { about: 'status', version: 5, status: 'active' };
const upgraded: AccountNews = { about: 'profile', version: 6, username: 'seo-yeon', guest: false };
const erased: AccountNews = { about: 'status', version: 8, status: 'deleted', erased: true };
const news = [{ ...registered, guest: true }, promoted, banned, demoted, forgiven, upgraded];

describe('news about an account', () => {
  it('lead to the same account in any order and however often they come', () => {
    const inOrder = news.reduce(applyNews, unheardOf('acc_1'));
    const anyOrder = fc
      .shuffledSubarray(news, { minLength: news.length })
      .chain((order) => fc.array(fc.constantFrom(...news)).map((more) => order.concat(more)));
    fc.assert(
      fc.property(anyOrder, (order) => {
        expect(order.reduce(applyNews, unheardOf('acc_1'))).toEqual(inOrder);
      }),
    );
    expect(inOrder).toMatchObject({
      username: 'seo-yeon',
      guest: false,
      registeredAt: REGISTERED,
      status: 'active',
      statusVersion: 5,
      roles: ['USER'],
    });
  });

  it('of an erasure take the name away for good, also when older ones come after it', () => {
    const anyOrder = fc.shuffledSubarray([...news, erased], { minLength: news.length + 1 });
    fc.assert(
      fc.property(anyOrder, (order) => {
        const account = order.reduce(applyNews, unheardOf('acc_1'));
        expect(account).toMatchObject({ username: null, status: 'deleted', registeredAt: REGISTERED });
      }),
    );
  });

  it('of a ban are not lost because newer ones about roles came first', () => {
    expect([demoted, banned].reduce(applyNews, unheardOf('acc_1')).status).toBe('banned');
  });

  it('that are known already change nothing', () => {
    const account = applyNews(unheardOf('acc_1'), banned);
    expect(applyNews(account, banned)).toBe(account);
  });
});

describe('a ban', () => {
  it('with an end ends by itself', () => {
    const bannedUntil = new Date('2026-12-08T00:00:00Z');
    const account = applyNews(unheardOf('acc_1'), {
      about: 'status',
      version: 2,
      status: 'banned',
      bannedUntil,
    });
    expect(statusAt(account, new Date('2026-12-07T23:59:59.999Z'))).toBe('banned');
    expect(statusAt(account, bannedUntil)).toBe('active');
  });

  it('forgets the end of the one before', () => {
    const until = new Date('2026-12-08T00:00:00Z');
    const first: AccountNews = { about: 'status', version: 2, status: 'banned', bannedUntil: until };
    const account = [first, { ...banned, version: 3 }].reduce(applyNews, unheardOf('acc_1'));
    expect(statusAt(account, new Date('2027-01-01T00:00:00Z'))).toBe('banned');
  });
});

describe('the age of an account', () => {
  it('is counted in whole days since it was registered', () => {
    const account = applyNews(unheardOf('acc_1'), registered);
    expect(accountFacts(account, new Date('2026-12-02T23:59:59Z')).ageDays).toBe(1);
    expect(accountFacts(account, new Date('2026-12-03T00:00:00Z')).ageDays).toBe(2);
    expect(accountFacts(account, new Date('2026-11-30T23:59:59Z')).ageDays).toBe(0);
  });

  it('is zero for one that has not been heard of yet, which is nobody special', () => {
    expect(accountFacts(undefined, REGISTERED)).toEqual({ ageDays: 0, guest: false, status: 'active' });
  });
});
