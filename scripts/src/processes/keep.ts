import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { identify, isStillThere, type ProcessIdentity } from './process-identity.ts';
import { signalGroup } from './managed-process.ts';
import { waitUntil } from './wait-until.ts';

// The program of the keeper, see keeper.ts. It reads from its input what to guard, and acts when the input ends.
const GRACE_MS = 10_000;
const guarded = new Map<number, ProcessIdentity>();
const folders: string[] = [];

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const [word = ''] = line.split(' ', 1);
  const what = line.slice(word.length + 1);
  if (word === 'guard') {
    const identity = identify(Number(what));
    if (identity !== undefined) guarded.set(identity.pid, identity);
  } else if (word === 'release') guarded.delete(Number(what));
  else if (word === 'remove') folders.push(what);
}

for (const identity of [...guarded.values()].toReversed()) await stop(identity);
for (const folder of folders)
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });

async function stop(identity: ProcessIdentity): Promise<void> {
  if (isStillThere(identity)) {
    process.kill(identity.pid, 'SIGTERM');
    await waitUntil(async () => !isStillThere(identity), { limitMs: GRACE_MS, what: 'the end' }).catch(
      () => {},
    );
  }
  signalGroup(identity.pid, 'SIGKILL');
}
