import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PrivateBackingServices } from '../src/system/private-system.ts';

// MongoDB's own limit is 60 s, and it looks twice in that time.
const FREE_AGAIN_WITHIN_MS = 20_000;

/** Writes to a document, says so, and waits: it never commits. */
const abandoning = `
  import { MongoClient } from 'mongodb';
  const client = await new MongoClient(process.argv[1]).connect();
  const session = client.startSession();
  session.startTransaction();
  await client.db('abandoned').collection('stock').updateOne({ _id: 'hot' }, { $inc: { taken: 1 } }, { session });
  console.log('written');
  setInterval(() => {}, 1_000);`;

let backing: PrivateBackingServices;
let client: MongoClient;

beforeAll(async () => {
  backing = await PrivateBackingServices.start();
  client = await new MongoClient(backing.services.mongodb.url).connect();
}, 120_000);
afterAll(async () => {
  await client.close();
  await backing.stop();
});

it('what a killed process had written and not committed is free again within 20 s', async () => {
  const stock = client.db('abandoned').collection<{ _id: string; taken: number }>('stock');
  await stock.insertOne({ _id: 'hot', taken: 0 });
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', abandoning, backing.services.mongodb.url],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');

  const startedAt = performance.now();
  await client.withSession((session) =>
    session.withTransaction(() => stock.updateOne({ _id: 'hot' }, { $inc: { taken: 1 } }, { session })),
  );

  expect(performance.now() - startedAt).toBeLessThan(FREE_AGAIN_WITHIN_MS);
  expect(await stock.findOne({ _id: 'hot' })).toMatchObject({ taken: 1 });
}, 120_000);
