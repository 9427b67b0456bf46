import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answersTo, cancel, newClaim, request, revoke } from './claims.ts';
import { give, spend } from './orders.ts';
import { createLedgerReader } from '../src/ledger/ledger-reader.ts';
import { verifyLedger } from '../src/ledger/verify-ledger.ts';
import { register, type Player } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
let player: Player;
/** A reward that is still owned. */
const kept = { claimId: '', grantId: '', accountId: '' };

beforeAll(async () => {
  system = await startSystem();
  player = await register(system);
  const [claim, returned, cancelled] = [newClaim(player.id), newClaim(player.id), newClaim(player.id)];
  Object.assign(kept, claim);
  request(system, claim, 10);
  request(system, returned, 5);
  cancel(system, cancelled);
  await Promise.all([claim, returned, cancelled].map((each) => answersTo(system, each, 1)));
  revoke(system, returned, 'rvk_1');
  revoke(system, returned, 'rvk_2');
  await answersTo(system, returned, 3);
  await give(system, player.id, { kind: 'item', asset: 'sword', quantity: 2 });
  await spend(system, player.id, { asset: 'sword', quantity: 1 });
  await spend(system, player.id, { quantity: 99 });
});
afterAll(() => system.stop());

/** Runs it as people do: as a process of its own, on the database of this test. */
function verify(database = system.db.databaseName): Promise<{ code: number; lines: string[] }> {
  return new Promise((resolve) => {
    const env = { ...process.env, MONGODB_DATABASE: database };
    const cwd = new URL('..', import.meta.url);
    const child = execFile(process.execPath, ['src/commands/verify-ledger.ts'], { cwd, env }, (_, stdout) => {
      resolve({ code: child.exitCode ?? -1, lines: stdout.trim().split('\n') });
    });
  });
}

const collection = (name: string) => system.db.collection<{ _id: string }>(name);
const gold = () => `${player.id}/currency/gold`;

/** The same without a process of its own. */
async function inspect(): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const reader = createLedgerReader(system.db.client, system.db);
  const { differences } = await verifyLedger(reader, (line) => lines.push(line));
  expect(differences).toBe(lines.length);
  return { code: differences === 0 ? 0 : 1, lines };
}

/** Makes a change, looks what is found, and undoes it. */
async function foundAfter(
  name: string,
  filter: object,
  change: (found: Record<string, unknown>) => Promise<unknown>,
) {
  const found = await collection(name).findOne(filter);
  if (!found) throw new Error(`there is nothing to change in ${name}`);
  await change(found);
  const verdict = await inspect();
  await collection(name).replaceOne({ _id: found._id }, found, { upsert: true });
  expect((await inspect()).code).toBe(0);
  return verdict;
}

it('books that agree are found to agree', async () => {
  expect(await verify()).toEqual({
    code: 0,
    lines: ['2 balances, 5 entries, 6 decisions: 0 differences'],
  });
});

it('a balance that was changed is found', async () => {
  const { code, lines } = await foundAfter('balances', { _id: gold() }, ({ _id }) =>
    collection('balances').updateOne({ _id: String(_id) }, { $inc: { quantity: 1 } }),
  );
  expect(code).toBe(1);
  expect(lines).toEqual([`${gold()}: the balance is 11 after 3 entries, the ledger comes to 10 in 3`]);
});

it('a balance that was removed is found', async () => {
  const { code, lines } = await foundAfter('balances', { _id: gold() }, ({ _id }) =>
    collection('balances').deleteOne({ _id: String(_id) }),
  );
  expect([code, lines[0]]).toEqual([1, `${gold()}: there are 3 entries and no balance`]);
});

it('an entry that was removed is found, in its balance and by its decision', async () => {
  const { code, lines } = await foundAfter('ledger', { grantId: kept.grantId }, ({ _id }) =>
    collection('ledger').deleteOne({ _id: String(_id) }),
  );
  expect(code).toBe(1);
  expect(lines).toContainEqual(`${gold()}: the balance is 10 after 3 entries, the ledger comes to 0 in 2`);
  expect(lines).toContainEqual(
    expect.stringMatching(`grant ${kept.grantId}: was decided, and its entry led_.+ is not`),
  );
});

it('an entry that was changed is found, also where the sum still agrees', async () => {
  const { code, lines } = await foundAfter('ledger', { grantId: kept.grantId }, ({ _id }) =>
    collection('ledger').updateOne({ _id: String(_id) }, { $inc: { balanceAfter: 3 } }),
  );
  expect(code).toBe(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/acc_.+\/currency\/gold: entry led_.+ has place \d and balance \d+, where/);
});

it.each([
  ['grantDecisions', { outcome: 'granted' }],
  ['ledgerOrders', { outcome: 'applied' }],
])('an entry whose decision in %s was removed is found', async (name, filter) => {
  const { code, lines } = await foundAfter(name, filter, ({ _id }) =>
    collection(name).deleteOne({ _id: String(_id) }),
  );
  expect([code, lines]).toEqual([1, [expect.stringMatching(/entry led_.+: nothing was decided/)]]);
});

it('a second entry of a grant is found', async () => {
  const entry = await collection('ledger').findOne({ grantId: kept.grantId });
  await collection('ledger').insertOne({ ...entry, _id: 'led_second' });
  const { code, lines } = await verify();
  await collection('ledger').deleteOne({ _id: 'led_second' });
  expect(code).toBe(1);
  expect(lines).toContainEqual(`entry led_second: is a further grant of ${kept.grantId}, which can have one`);
});

it('without a store to look at, it says so and does not say that all is well', async () => {
  expect((await verify('auth_no_such_database')).code).toBe(2);
  const env = { ...process.env, MONGODB_URL: '' };
  const cwd = new URL('..', import.meta.url);
  const code = await new Promise((resolve) => {
    const child = execFile(process.execPath, ['src/commands/verify-ledger.ts'], { cwd, env }, () =>
      resolve(child.exitCode),
    );
  });
  expect(code).toBe(78);
});
