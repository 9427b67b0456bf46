import { expect, it } from 'vitest';
import { mutations, variablesFor } from '../src/chaos/self-test/mutations.ts';
import { runCommand } from '../src/processes/run-command.ts';
import { packageDirectory } from '../src/repository/packages.ts';

const builds = mutations.flatMap(({ name, services }) => services.map((service) => [name, service] as const));

// Without this, only the self-test of `chaos`, which few changes run, would notice a driver that cannot be wrapped.
it.each(builds)('the mutation %s wraps the drivers of %s', async (name, service) => {
  const result = await runCommand(process.execPath, ['--eval', ''], {
    cwd: packageDirectory(service),
    env: { ...process.env, ...variablesFor(name) },
  });
  expect(result).toMatchObject({ code: 0, output: '' });
});
