import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const FIXTURE = fileURLToPath(new URL('fixtures/service.ts', import.meta.url));
const env = { PORT: '0', KEY_MATERIAL: 'a-secret-that-is-at-least-32-long' };

interface Running {
  process: ChildProcess;
  output: { stdout: string; stderr: string };
  exited: Promise<unknown[]>;
}

function run(environment: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, [FIXTURE], { env: environment, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { process: child, output, exited: once(child, 'close') };
}

async function started(environment: NodeJS.ProcessEnv): Promise<Running> {
  const running = run(environment);
  await expect.poll(() => running.output.stdout, { timeout: 10_000 }).toContain('"Started"');
  return running;
}

describe('a service as a process', () => {
  it('lists every problem of its configuration on standard error and exits with 78', async () => {
    const { output, exited } = run({ PORT: 'http', KEY_MATERIAL: 'hunter2' });
    expect(await exited).toEqual([78, null]);
    expect(output.stderr).toBe(
      [
        'fixture cannot start: 2 problems in the environment:',
        '  PORT: must be a whole number from 0 to 65535 (it is "http")',
        '  KEY_MATERIAL: must be a secret of at least 32 characters',
        '',
      ].join('\n'),
    );
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('stops at %s and exits with 0', async (signal) => {
    const { process: child, output, exited } = await started(env);
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
    expect(output.stdout).toContain('"Stopped"');
  });

  it('exits with 1 when it cannot start', async () => {
    const { output, exited } = run({ ...env, BEHAVIOUR: 'fails-to-start' });
    expect(await exited).toEqual([1, null]);
    expect(output.stdout).toContain('the store is away');
  });

  it('exits with 78 when only its start finds the invalid configuration', async () => {
    const { output, exited } = run({ ...env, BEHAVIOUR: 'is-misconfigured' });
    expect(await exited).toEqual([78, null]);
    expect(output.stdout).toContain('KEY_MATERIAL: is known to everybody');
  });

  it('exits with 1 when it does not stop in time', async () => {
    const { process: child, output, exited } = await started({ ...env, BEHAVIOUR: 'never-stops' });
    child.kill('SIGTERM');
    expect(await exited).toEqual([1, null]);
    expect(output.stdout).toContain('not stopped within 2000 ms');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends at once at a second signal (%s)', async (signal, code) => {
    const { process: child, output, exited } = await started({ ...env, BEHAVIOUR: 'never-stops' });
    child.kill('SIGTERM');
    await expect.poll(() => output.stdout).toContain('"Stopping"');
    child.kill(signal);
    expect(await exited).toEqual([code, null]);
  });

  it.each(['crashes', 'rejects'])('logs and exits with 1 when it %s', async (behaviour) => {
    const { output, exited } = run({ ...env, BEHAVIOUR: behaviour });
    expect(await exited).toEqual([1, null]);
    expect(output.stdout).toMatch(/"level":"error".*"message":"Crashed".*into the void/);
  });

  it('finishes running requests after a crash, and exits with 1', async () => {
    const { output, exited } = await started(env);
    const port = /"port":(\d+)/.exec(output.stdout)?.[1];
    const answer = fetch(`http://127.0.0.1:${port}/slow`).then((response) => response.json());
    await fetch(`http://127.0.0.1:${port}/crash`);
    expect(await answer).toBe('slow');
    expect(await exited).toEqual([1, null]);
    expect(output.stdout).toMatch(/"message":"Crashed".*into the void/);
  });
});
