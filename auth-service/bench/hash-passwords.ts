import { availableParallelism } from 'node:os';
import { createPasswordHasher } from '../src/passwords/password-hasher.ts';

// The baseline for logins: the same hashes as fast as this machine makes them, and nothing else. It takes one message,
// the duration, and answers with the number of hashes.
process.once('message', ({ durationMs }: { durationMs: number }) => {
  void hashFor(durationMs).then((hashes) => process.send?.({ hashes }, () => process.disconnect()));
});

async function hashFor(durationMs: number): Promise<number> {
  const concurrency = availableParallelism();
  const hasher = createPasswordHasher({ concurrency, queueLimit: concurrency });
  const hashed = await hasher.hash('zebra-tooth-91');
  const endsAt = performance.now() + durationMs;
  let hashes = 0;
  async function hashOn(): Promise<void> {
    while (performance.now() < endsAt) {
      await hasher.verify(hashed, 'zebra-tooth-91');
      hashes += 1;
    }
  }
  await Promise.all(Array.from({ length: concurrency }, hashOn));
  return hashes;
}
