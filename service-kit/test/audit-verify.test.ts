import { execFile } from 'node:child_process';
import { createHash, createSecretKey, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Collection, Document } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuditTrail, runVerifyAudit, type AuditTrail } from '../src/audit/index.ts';
import { ADDRESS, entryOf, recordMany, unsealedIn, verdictOn } from './audit-trail.ts';
import { openDatabase, recordingLogger, servers, type TestDatabase } from './servers.ts';

type Stored = Document & { _id: string };
type StoredSeal = Document & { _id: number };
interface Stores {
  entries: Collection<Stored>;
  seals: Collection<StoredSeal>;
}

let database: TestDatabase;
const { logger } = recordingLogger();
const key = createSecretKey(randomBytes(32));

beforeEach(async () => {
  database = await openDatabase();
});
afterEach(() => database.drop());

const stores = (): Stores => ({
  entries: database.db.collection('audit'),
  seals: database.db.collection('auditSeals'),
});

async function trailOf(more: { batch?: number; key?: typeof key } = { key }): Promise<AuditTrail> {
  const trail = createAuditTrail({ ...database, logger, sealEveryMs: 20, batch: 5, ...more });
  await trail.ensureIndexes();
  return trail;
}

/** A trail with five entries under each seal, without a running sealer. */
async function sealedTrail(count: number, more: { batch?: number; key?: typeof key } = { key }) {
  const trail = await trailOf(more);
  await recordMany(trail, count);
  await sealAll(trail);
  return trail;
}

async function sealAll({ sealer }: AuditTrail): Promise<void> {
  await sealer.start();
  await expect.poll(() => unsealedIn(database.db), { timeout: 20_000, interval: 20 }).toBe(0);
  await sealer.stop();
}

/** An entry that is inserted without the service. */
const forged = (more: object): Stored => ({
  ...entryOf(),
  _id: '000000000000000000000001',
  at: new Date(Date.now() - 3_600_000),
  hash: createHash('sha256').update('guessed').digest('base64url'),
  seal: null,
  ...more,
});

async function nth({ entries }: Stores, position: number): Promise<Stored> {
  const [entry] = await entries.find().sort({ _id: 1 }).skip(position).limit(1).toArray();
  if (!entry) throw new Error(`there is no entry ${position}`);
  return entry;
}

async function swap(
  collection: Collection<Stored>,
  field: string,
  one: Stored,
  other: Stored,
): Promise<void> {
  await collection.updateOne({ _id: one._id }, { $set: { [field]: other[field] } });
  await collection.updateOne({ _id: other._id }, { $set: { [field]: one[field] } });
}

describe('verifying', () => {
  it('finds nothing wrong with ten thousand entries, in little memory', async () => {
    const trail = await trailOf({ batch: 1_000 });
    const details = { note: 'x'.repeat(8_000) };
    for (let round = 0; round < 10; round += 1) await recordMany(trail, 1_000, { details });
    await sealAll(trail);
    const verifier = fileURLToPath(new URL('fixtures/audit-verifier.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=48', verifier], {
      env: { MONGODB_URL: servers.mongodb, MONGODB_DATABASE: database.db.databaseName },
    });
    expect(stdout).toContain('10000 entries under 10 seals, 0 with an erased origin: 0 findings');
    const { entries } = stores();
    const victim = await nth(stores(), 9_876);
    await entries.updateOne({ _id: victim._id }, { $set: { 'actor.id': 'acc_other' } });
    expect((await verdictOn(database.db)).findings).toMatchObject([
      { problem: 'entry_changed', seal: 10, entry: victim._id },
    ]);
  }, 60_000);

  it('finds nothing wrong with an empty trail', async () => {
    expect(await verdictOn(database.db)).toEqual({
      findings: [],
      problems: [],
      summary: { seals: 0, entries: 0, erased: 0, head: null },
    });
  });

  it('finds nothing wrong beside a running sealer', async () => {
    const trail = await trailOf();
    await trail.sealer.start();
    let isRecording = true;
    const recording = Promise.all(Array.from({ length: 60 }, () => recordMany(trail, 5))).finally(() => {
      isRecording = false;
    });
    while (isRecording || (await unsealedIn(database.db)) > 0) {
      expect((await verdictOn(database.db, { key })).findings).toEqual([]);
    }
    await recording;
    await trail.sealer.stop();
    expect((await verdictOn(database.db, { key })).summary.entries).toBe(300);
  });

  const later = new Date(Date.now() + 1);
  const corruptions: [string, string[], (stores: Stores) => Promise<unknown>][] = [
    [
      'an entry whose actor was changed',
      ['entry_changed'],
      async (all) =>
        all.entries.updateOne({ _id: (await nth(all, 7))._id }, { $set: { 'actor.id': 'acc_x' } }),
    ],
    [
      'an entry whose time was changed',
      ['entry_changed'],
      async (all) => all.entries.updateOne({ _id: (await nth(all, 7))._id }, { $set: { at: later } }),
    ],
    [
      'an entry whose time is a text now',
      ['entry_changed'],
      async (all) => {
        const { _id, at } = await nth(all, 7);
        await all.entries.updateOne({ _id }, { $set: { at: (at as Date).toISOString() } });
      },
    ],
    [
      'an entry to which a field was added',
      ['entry_changed'],
      async (all) => all.entries.updateOne({ _id: (await nth(all, 7))._id }, { $set: { approvedBy: 'me' } }),
    ],
    [
      'an entry whose address was changed',
      ['entry_changed'],
      async (all) =>
        all.entries.updateOne({ _id: (await nth(all, 7))._id }, { $set: { 'origin.address': '::1' } }),
    ],
    [
      'an entry whose address and hash were changed',
      ['entry_changed'],
      async (all) =>
        all.entries.updateOne(
          { _id: (await nth(all, 7))._id },
          { $set: { 'origin.address': '::1', originHash: 'x' } },
        ),
    ],
    [
      'a removed entry',
      ['entry_missing'],
      async (all) => all.entries.deleteOne({ _id: (await nth(all, 7))._id }),
    ],
    [
      'entries that changed places within a seal',
      ['entry_changed'],
      async (all) => {
        const [one, other] = [await nth(all, 6), await nth(all, 7)];
        await swap(all.entries, 'details', one, other);
        await swap(all.entries, 'hash', one, other);
      },
    ],
    [
      'entries that changed their seals',
      ['entry_inserted', 'entry_missing'],
      async (all) => swap(all.entries, 'seal', await nth(all, 2), await nth(all, 12)),
    ],
    ['an entry put under a seal', ['entry_inserted'], (all) => all.entries.insertOne(forged({ seal: 2 }))],
    [
      'an entry put under no seal that there is',
      ['entry_inserted'],
      (all) => all.entries.insertOne(forged({ seal: 99 })),
    ],
    [
      'an entry put under half a seal',
      ['entry_inserted'],
      (all) => all.entries.insertOne(forged({ seal: 1.5 })),
    ],
    ['an entry put under a text', ['entry_inserted'], (all) => all.entries.insertOne(forged({ seal: '2' }))],
    ['an old entry without a seal', ['entry_unsealed'], (all) => all.entries.insertOne(forged({}))],
    [
      'an entry without a seal from the far future',
      ['entry_unsealed'],
      (all) => all.entries.insertOne(forged({ at: new Date('2100-01-01') })),
    ],
    [
      'a seal whose list was changed',
      ['entry_inserted', 'seal_changed'],
      (all) => all.seals.updateOne({ _id: 2 }, { $pop: { entries: 1 } }),
    ],
    [
      'a seal whose list was turned around',
      ['seal_changed'],
      async (all) => {
        const seal = await all.seals.findOne({ _id: 2 });
        await all.seals.updateOne(
          { _id: 2 },
          { $set: { entries: [...(seal?.['entries'] ?? [])].toReversed() } },
        );
      },
    ],
    [
      'a seal whose list is gone',
      ['entry_inserted', 'seal_changed'],
      (all) => all.seals.updateOne({ _id: 2 }, { $unset: { entries: 1 } }),
    ],
    [
      'a seal whose time was changed',
      ['seal_changed'],
      (all) => all.seals.updateOne({ _id: 2 }, { $set: { at: later } }),
    ],
    ['a removed seal', ['entry_inserted', 'seal_missing'], (all) => all.seals.deleteOne({ _id: 2 })],
    ['the first seal removed', ['entry_inserted', 'seal_missing'], (all) => all.seals.deleteOne({ _id: 1 })],
    [
      'a seal removed with its entries',
      ['seal_missing'],
      async (all) => {
        await all.seals.deleteOne({ _id: 2 });
        await all.entries.deleteMany({ seal: 2 });
      },
    ],
    [
      'seals that changed places',
      ['entry_inserted', 'entry_missing', 'seal_changed', 'seal_unlinked'],
      async (all) => {
        const [two, three] = [await all.seals.findOne({ _id: 2 }), await all.seals.findOne({ _id: 3 })];
        await all.seals.replaceOne({ _id: 2 }, { ...three, _id: 2 });
        await all.seals.replaceOne({ _id: 3 }, { ...two, _id: 3 });
      },
    ],
    ['a seal that has no number', ['seal_inserted'], (all) => all.seals.insertOne({ _id: 2.5, entries: [] })],
    ['the last seal removed, its entries not', ['entry_inserted'], (all) => all.seals.deleteOne({ _id: 4 })],
  ];

  it.each(corruptions)('finds %s: %j', async (_, expected, corrupt) => {
    const trail = await sealedTrail(20);
    expect((await verdictOn(database.db, { key })).findings).toEqual([]);
    await corrupt(stores());
    // The entries of the last seal are as young as the test.
    const now = () => new Date(Date.now() + 120_000);
    expect((await verdictOn(database.db, { key, now })).problems.toSorted()).toEqual(expected);
    expect(await trail.list({}, undefined, 1)).toHaveLength(1);
  });

  it('names the entry and its seal', async () => {
    await sealedTrail(20);
    const victim = await nth(stores(), 7);
    await stores().entries.deleteOne({ _id: victim._id });
    expect((await verdictOn(database.db, { key })).findings).toMatchObject([
      { problem: 'entry_missing', seal: 2, entry: victim._id },
    ]);
  });

  it('finds a cut end, with the head from a log', async () => {
    await sealedTrail(20);
    const { head } = (await verdictOn(database.db, { key })).summary;
    if (!head) throw new Error('there is no head');
    expect((await verdictOn(database.db, { key, head })).findings).toEqual([]);
    await stores().seals.deleteOne({ _id: 4 });
    await stores().entries.deleteMany({ seal: 4 });
    expect((await verdictOn(database.db, { key })).findings).toEqual([]);
    expect((await verdictOn(database.db, { key, head })).problems).toEqual(['tail_missing']);
  });

  it('finds an end that was cut and has grown again, with an old head', async () => {
    const trail = await sealedTrail(20);
    const { head } = (await verdictOn(database.db, { key })).summary;
    if (!head) throw new Error('there is no head');
    await stores().seals.deleteOne({ _id: 4 });
    await stores().entries.deleteMany({ seal: 4 });
    await recordMany(trail, 10);
    await sealAll(trail);
    expect((await verdictOn(database.db, { key })).findings).toEqual([]);
    expect((await verdictOn(database.db, { key, head })).problems).toEqual(['head_differs']);
  });

  it('finds an entry that was inserted without the key and sealed by the sealer', async () => {
    await sealedTrail(20);
    await stores().entries.insertOne(forged({ at: new Date() }));
    await sealAll(await trailOf());
    expect((await verdictOn(database.db, { key })).findings).toMatchObject([
      { problem: 'entry_changed', seal: 5, entry: '000000000000000000000001' },
    ]);
  });

  it.each(['00-put-in-by-hand', 'put in by hand'])(
    'finds an entry with the id “%s”, which keeps nothing else from being sealed',
    async (_id) => {
      const trail = await trailOf();
      await stores().entries.insertOne({ ...forged({ at: new Date() }), _id });
      await recordMany(trail, 5);
      await sealAll(trail);
      expect(await stores().entries.countDocuments({ seal: null })).toBe(0);
      expect((await verdictOn(database.db, { key })).findings).toMatchObject([
        { problem: 'entry_changed', entry: _id },
      ]);
    },
  );

  it('finds a chain that was rebuilt without the key', async () => {
    await sealedTrail(20);
    const victim = await nth(stores(), 7);
    await stores().entries.updateMany({}, { $set: { seal: null } });
    await stores().entries.updateOne({ _id: victim._id }, { $set: { 'actor.id': 'acc_x' } });
    await stores().seals.deleteMany({});
    await sealAll(await trailOf({}));
    expect((await verdictOn(database.db, { key })).problems).toEqual(['seal_changed', 'entry_changed']);
  });

  it('finds a backdated entry', async () => {
    const trail = await sealedTrail(5);
    const backdated = createAuditTrail({
      ...database,
      logger,
      key,
      now: () => new Date(Date.now() - 600_000),
    });
    await recordMany(backdated, 1);
    await sealAll(trail);
    expect((await verdictOn(database.db, { key })).problems).toEqual(['entry_backdated']);
  });
});

describe('erasing', () => {
  it('removes address and device from the entries of an account, and the trail still verifies', async () => {
    const trail = await trailOf();
    const own = {
      actor: { kind: 'account', id: 'acc_gone' },
      subject: { kind: 'account', id: 'acc_gone' },
    } as const;
    const failed = { actor: { kind: 'anonymous' }, subject: own.subject } as const;
    const staff = { origin: { address: '198.51.100.1', device: 'staff' }, subject: own.subject };
    await recordMany(trail, 3, own);
    await recordMany(trail, 2, failed);
    await recordMany(trail, 1, staff);
    await sealAll(trail);
    await recordMany(trail, 1, own);
    await trail.eraseOrigins('acc_gone');
    await sealAll(trail);
    const verdict = await verdictOn(database.db, { key });
    expect(verdict).toMatchObject({ findings: [], summary: { entries: 7, erased: 6 } });
    const kept = JSON.stringify(await stores().entries.find().toArray());
    expect(kept).not.toContain(ADDRESS);
    expect(kept).toContain('198.51.100.1');
    const [newest] = await trail.list({ actorId: 'acc_gone' }, undefined, 1);
    expect(newest?.origin).toEqual({
      address: null,
      device: null,
      requestId: 'r-1',
      traceparent: '00-aa-bb-01',
    });
  });
});

describe('erasing more entries than one write takes', () => {
  it('removes address and device from all of them', async () => {
    const trail = await trailOf();
    const own = { actor: { kind: 'account', id: 'acc_gone' } } as const;
    await recordMany(trail, 2_500, own);
    await trail.eraseOrigins('acc_gone');
    const { entries } = stores();
    expect(await entries.countDocuments({ origin: null })).toBe(2_500);
  });
});

describe('the command verify-audit', () => {
  async function run(...args: string[]): Promise<{ code: number; lines: string[] }> {
    const lines: string[] = [];
    const code = await runVerifyAudit({ db: database.db, key, args, print: (line) => void lines.push(line) });
    return { code, lines };
  }

  it('ends with 0 and the head to keep, and accepts that head the next time', async () => {
    await sealedTrail(20);
    const { code, lines } = await run();
    expect(code).toBe(0);
    const head = /^head (4:[\w-]{43})$/.exec(lines.at(-1) ?? '')?.[1] ?? '';
    expect(await run('--head', head)).toMatchObject({ code: 0 });
    const other = head.slice(0, -3) + (head.endsWith('AAA') ? 'BBB' : 'AAA');
    expect(await run('--head', other)).toMatchObject({ code: 1 });
  });

  it('ends with 1 and prints the first hundred findings', async () => {
    await sealedTrail(150);
    await stores().entries.deleteMany({});
    const { code, lines } = await run();
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^entry_missing {2}seal 1 {2}entry [0-9a-f]{24} {2}its seal covers it/);
    expect(lines.slice(100, 102)).toEqual([
      '… and 50 more',
      '0 entries under 30 seals, 0 with an erased origin: 150 findings',
    ]);
  });

  it.each([['--head'], ['--head', '4'], ['--head', '0:x'], ['--tail'], ['more']])(
    'ends with 2 when it is asked for %s %s',
    async (...args) => {
      expect((await run(...args)).code).toBe(2);
    },
  );
});
