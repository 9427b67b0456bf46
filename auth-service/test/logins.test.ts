import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAccountStore } from '../src/accounts/account-store.ts';
import type { Account } from '../src/accounts/account.ts';
import { staff } from './call.ts';
import { logIn, register } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

it('logins that arrive together open a session each, and the audit trail records each', async () => {
  const players = await Promise.all([register(system), register(system), register(system)]);

  const entered = await Promise.all([...players, ...players].map(({ username }) => logIn(system, username)));

  const sessionIds = entered.map(({ as }) => as.sessionId);
  expect(new Set(sessionIds).size).toBe(6);
  for (const { id } of players) {
    const opened = entered.filter((player) => player.id === id).map(({ as }) => as.sessionId);
    const entries = system.db.collection('audit').find({ action: 'log-in', 'subject.id': id });
    const told = (await entries.toArray()).map(({ actor, details, result }) => ({ actor, details, result }));
    const expected = opened.map((sessionId) => ({
      actor: { kind: 'account', id },
      details: { sessionId },
      result: 'done',
    }));
    expect(told).toHaveLength(2);
    expect(told).toEqual(expect.arrayContaining(expected));
  }
});

it('of logins that are marked together those fail whose account has changed since its password was checked', async () => {
  const accounts = createAccountStore(system.db);
  const players = await Promise.all(Array.from({ length: 4 }, () => register(system)));
  const checked = (await accounts.findAll(players.map(({ id }) => id))) as [
    Account,
    Account,
    Account,
    Account,
  ];
  const [unchanged, banned, deleted, other] = checked;
  const json = { status: 'banned', reason: 'test' };
  await system.call('PUT', `/v1/accounts/${banned.id}/status`, { json, as: staff('ADMIN') });
  await system.call('DELETE', `/v1/accounts/${deleted.id}`, {
    json: { reason: 'test' },
    as: staff('ADMIN'),
  });
  const stale = { ...other, passwordHash: 'that was replaced' };

  const at = new Date();
  const logins = [unchanged, banned, deleted, stale].map((account) => ({ account, at }));
  const marked = await system.db.client.withSession((session) =>
    session.withTransaction(() => accounts.recordLogins(logins, session)),
  );

  expect(marked).toEqual([{ ...unchanged, lastLoginAt: at }, undefined, undefined, undefined]);
  const times = (await accounts.findAll(checked.map(({ id }) => id))).filter(
    ({ lastLoginAt }) => lastLoginAt?.getTime() === at.getTime(),
  );
  expect(times.map(({ id }) => id)).toEqual([unchanged.id]);
});
