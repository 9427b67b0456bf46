import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../src/admin/index.ts';
import { createAuditTrail, type AuditTrail, type AuditTrailOptions } from '../src/audit/index.ts';
import { entryOf, recordMany, unsealedIn, verdictOn } from './audit-trail.ts';
import { cuttableLink, openDatabase, recordingLogger, servers, type TestDatabase } from './servers.ts';

let database: TestDatabase;
let stopAll: (() => Promise<void>)[];
const { logger, lines } = recordingLogger();

beforeEach(async () => {
  database = await openDatabase();
  stopAll = [];
});
afterEach(async () => {
  for (const stop of stopAll) await stop();
  await database.drop();
});

async function trailOf(more: Partial<AuditTrailOptions> = {}): Promise<AuditTrail> {
  const trail = createAuditTrail({ ...database, logger, sealEveryMs: 20, ...more });
  await trail.ensureIndexes();
  return trail;
}

async function startSealer({ sealer }: AuditTrail): Promise<void> {
  await sealer.start();
  stopAll.push(() => sealer.stop());
}

async function untilSealed(timeout = 10_000): Promise<void> {
  await expect.poll(() => unsealedIn(database.db), { timeout, interval: 20 }).toBe(0);
}
const seals = () =>
  database.db.collection<{ _id: number; entries: { id: string }[]; hash: string }>('auditSeals');

describe('recording', () => {
  it('commits or aborts with the transaction of the change', async () => {
    const trail = await trailOf();
    const changes = database.db.collection('changes');
    await database.db.createCollection('changes');
    const change = (n: number, fails: boolean) =>
      database.client.withSession((session) =>
        session.withTransaction(async () => {
          await changes.insertOne({ n }, { session });
          await trail.record(entryOf({ details: { n } }), session);
          if (fails) throw new Error('no');
        }),
      );
    await change(1, false);
    await expect(change(2, true)).rejects.toThrow('no');
    const recorded = await trail.list({}, undefined, 10);
    expect(recorded.map(({ details }) => details)).toEqual([{ n: 1 }]);
    expect(await changes.countDocuments()).toBe(1);
  });

  it('returns the recorded entries', async () => {
    const trail = await trailOf();
    const entry = entryOf({
      reason: 'spring cleaning',
      details: { odd: '\ud800', nested: { a: [1, null, 2.5] } },
    });
    await trail.recordAlone([entry, { ...entryOf(), origin: undefined }]);
    const [without, recorded] = await trail.list({}, undefined, 10);
    expect(recorded).toEqual({
      ...entry,
      details: { odd: '\ufffd', nested: { a: [1, null, 2.5] } },
      id: expect.any(String),
      at: expect.any(Date),
      seal: null,
    });
    expect(without).not.toHaveProperty('origin');
  });

  it('refuses details that are too large', async () => {
    const trail = await trailOf();
    await expect(trail.recordAlone(entryOf({ details: { body: 'x'.repeat(9_000) } }))).rejects.toThrow(
      RangeError,
    );
  });

  it('lets many record at once without a conflict', async () => {
    const trail = await trailOf();
    let attempts = 0;
    await Promise.all(
      Array.from({ length: 50 }, () =>
        database.client.withSession((session) =>
          session.withTransaction(async () => {
            attempts += 1;
            await trail.record(entryOf(), session);
          }),
        ),
      ),
    );
    expect(attempts).toBe(50);
  });

  it.each([
    [{ subjectId: 'acc_1' }],
    [{ actorId: 'acc_admin' }],
    [{ action: 'replace-roles' }],
    [{ from: new Date(0), to: new Date(Date.now() + 60_000) }],
    [{}],
  ])('is listed newest first, page by page, out of an index: %j', async (filter) => {
    const trail = await trailOf();
    for (let n = 0; n < 5; n += 1) {
      await trail.recordAlone(entryOf({ details: { n }, subject: { kind: 'account', id: 'acc_1' } }));
    }
    await trail.recordAlone({
      ...entryOf({ action: 'x', actor: { kind: 'system' } }),
      subject: { kind: 'list' },
    });
    await database.db.command({ profile: 2 });
    const first = await trail.list(filter, undefined, 3);
    const last = first.at(-1);
    const second = await trail.list(filter, last && { at: last.at, id: last.id }, 10);
    await database.db.command({ profile: 0 });
    const numbers = [...first, ...second].flatMap(({ details }) => details?.['n'] ?? []);
    expect(numbers).toEqual([4, 3, 2, 1, 0]);
    const queries = await database.db.collection('system.profile').find({ op: 'query' }).toArray();
    expect(queries.map(({ planSummary }) => String(planSummary).split(' ')[0])).toEqual(['IXSCAN', 'IXSCAN']);
    expect(queries.map(({ hasSortStage }) => hasSortStage)).toEqual([undefined, undefined]);
  });
});

describe('the sealer', () => {
  it('seals within a second, and logs number and hash of each seal', async () => {
    const trail = await trailOf({ sealEveryMs: 250 });
    await startSealer(trail);
    await recordMany(trail, 3);
    await untilSealed(1_000);
    const [seal] = await seals().find().toArray();
    expect(seal?.entries).toHaveLength(3);
    await expect
      .poll(() => lines)
      .toContainEqual(
        expect.objectContaining({ message: 'Sealed audit entries', seal: 1, hash: seal?.hash, entries: 3 }),
      );
    expect(await verdictOn(database.db)).toMatchObject({ findings: [], summary: { seals: 1, entries: 3 } });
  });

  it('takes an entry whose transaction commits after later ones were sealed', async () => {
    const trail = await trailOf();
    await startSealer(trail);
    await database.client.withSession((session) =>
      session.withTransaction(async () => {
        await trail.record(entryOf({ action: 'late' }), session);
        await recordMany(trail, 2);
        await untilSealed();
      }),
    );
    await untilSealed();
    await expect.poll(() => seals().countDocuments()).toBe(2);
    expect((await trail.list({ action: 'late' }, undefined, 1))[0]?.seal).toBe(2);
    expect((await verdictOn(database.db)).findings).toEqual([]);
  });

  it('never forks the chain, even when several instances believe that they hold the lease', async () => {
    // A lease of 0 ms is always free.
    const trails = await Promise.all([1, 2, 3].map(() => trailOf({ leaseMs: 0, batch: 7, sealEveryMs: 1 })));
    const [trail] = trails;
    if (!trail) throw new Error('there is no trail');
    for (const one of trails) await startSealer(one);
    await Promise.all(Array.from({ length: 100 }, () => recordMany(trail, 3)));
    await untilSealed();
    const all = await seals().find().sort({ _id: 1 }).toArray();
    expect(all.map(({ _id }) => _id)).toEqual(all.map((_, index) => index + 1));
    const covered = all.flatMap(({ entries }) => entries.map(({ id }) => id));
    expect([covered.length, new Set(covered).size]).toEqual([300, 300]);
    expect((await verdictOn(database.db)).findings).toEqual([]);
  });

  it('works in one instance at a time, and moves to another when that one stops', async () => {
    const seen = recordingLogger();
    const one = await trailOf({ leaseMs: 60_000 });
    const other = await trailOf({ leaseMs: 60_000, logger: seen.logger });
    await one.sealer.start();
    await recordMany(one, 1);
    await untilSealed();
    await startSealer(other);
    for (let n = 0; n < 5; n += 1) {
      await recordMany(other, 1);
      await untilSealed();
    }
    expect(seen.lines).toEqual([]);
    await recordMany(one, 1);
    await one.sealer.stop();
    expect(await unsealedIn(database.db)).toBe(0);
    await recordMany(other, 1);
    await untilSealed();
    await expect.poll(() => seen.lines).toHaveLength(1);
    expect((await verdictOn(database.db)).findings).toEqual([]);
  });

  it('that is killed leaves a chain that another continues', async () => {
    const trail = await trailOf({ leaseMs: 1_000 });
    await recordMany(trail, 2_000);
    const killed = spawn(
      process.execPath,
      [fileURLToPath(new URL('fixtures/audit-sealer.ts', import.meta.url))],
      {
        env: { MONGODB_URL: servers.mongodb, MONGODB_DATABASE: database.db.databaseName },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let made = 0;
    for await (const line of createInterface(killed.stdout)) {
      if (line.includes('Sealed audit entries') && (made += 1) === 20) killed.kill('SIGKILL');
    }
    if (killed.exitCode === null && killed.signalCode === null) await once(killed, 'exit');
    expect(killed.signalCode).toBe('SIGKILL');
    const left = await unsealedIn(database.db);
    expect(left).toBeGreaterThan(0);
    await startSealer(trail);
    await untilSealed();
    expect(await verdictOn(database.db)).toMatchObject({ findings: [], summary: { entries: 2_000 } });
  });

  it('catches up after an outage of MongoDB, and logs it once', async () => {
    const link = await cuttableLink(servers.mongodb);
    const away = new MongoClient(`${link.url}&directConnection=true&serverSelectionTimeoutMS=200`);
    const trail = await trailOf({ client: away, db: away.db(database.db.databaseName) });
    const direct = await trailOf();
    await startSealer(trail);
    stopAll.unshift(
      () => link.close(),
      () => away.close(),
    );
    stopAll.reverse();
    await recordMany(direct, 1);
    await untilSealed();
    lines.length = 0;
    link.breakOff();
    await recordMany(direct, 10);
    const waiting = () => lines.filter(({ message }) => String(message).includes('audit sealer failed'));
    await expect.poll(waiting).toHaveLength(1);
    link.mend();
    await untilSealed();
    expect(waiting()).toHaveLength(1);
    expect((await verdictOn(database.db)).findings).toEqual([]);
  });

  it('reports the age of the oldest unsealed entry', async () => {
    const metrics = createMetrics('test');
    const age = async () =>
      Number(/^audit_unsealed_age_seconds(?:\{[^}]*\})? (\S+)$/m.exec(await metrics.metrics())?.[1]);
    const slow = await trailOf({ now: () => new Date(Date.now() - 90_000) });
    await recordMany(slow, 1);
    const trail = await trailOf({ metrics });
    expect(await age()).toBeGreaterThanOrEqual(90);
    await startSealer(trail);
    await untilSealed();
    expect(await age()).toBe(0);
  });
});
