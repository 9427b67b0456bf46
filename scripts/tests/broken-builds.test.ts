import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { breakBuild } from '../src/chaos/self-test/broken-build.ts';
import { mutations } from '../src/chaos/self-test/mutations.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'laurel-broken-'));
});
afterEach(() => rm(directory, { recursive: true }));

// Otherwise only the self-test of `chaos`, which nobody runs with every change, would tell that a mutation is outdated.
test.each(mutations.map((mutation) => [mutation.name, mutation] as const))(
  'what is broken in "%s" stands in the services as they are',
  async (_, mutation) => {
    expect(Object.keys(await breakBuild(mutation, directory))).toEqual(mutation.services);
  },
);
