import { Registry } from '@prometheus-io/client';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPasswordJudge, type PasswordJudge } from './password-judge.ts';

const WEAK = '1'.repeat(128);
const metrics = new Registry();

function judgeWith(
  options: { concurrency?: number; queueLimit?: number; timeoutMs?: number } = {},
): PasswordJudge {
  metrics.clear();
  const judge = createPasswordJudge({
    concurrency: 1,
    queueLimit: 8,
    timeoutMs: 20_000,
    metrics,
    ...options,
  });
  onTestFinished(() => judge.stop());
  return judge;
}

async function refused(reason: string): Promise<number> {
  const { values } = await metrics.getSingleMetric('password_judgements_refused_total')!.get();
  return values.find(({ labels }) => labels['reason'] === reason)?.value ?? 0;
}

describe('judging passwords', () => {
  it('says why a password is weak, and nothing of one that is not', async () => {
    const judge = judgeWith({ concurrency: 2 });
    const verdicts = await Promise.all([
      judge.weaknessOf(WEAK, []),
      judge.weaknessOf('zebra-tooth-91', ['minjun']),
      judge.weaknessOf('minjun2026', ['minjun']),
    ]);
    expect(verdicts).toEqual([
      'Repeated characters are easy to guess',
      undefined,
      'It must not be made of your name or e-mail address',
    ]);
  });

  it('leaves the event loop to others', async () => {
    const judge = judgeWith();
    await judge.weaknessOf(WEAK, []);
    let turns = 0;
    let isDone = false;
    const judging = judge.weaknessOf(WEAK, []).finally(() => (isDone = true));
    while (!isDone) {
      await new Promise(setImmediate);
      turns += 1;
    }
    await judging;
    expect(turns).toBeGreaterThan(10);
  });

  it('loads the dictionaries on threads of its own alone', async () => {
    const service = new URL('../service.ts', import.meta.url);
    const program = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ resolve: (name, context, next) => (seen.push(name), next(name, context)) });
      await import('${service.href}');
      console.log(seen.some((name) => name.endsWith('/password-judge.ts')), seen.some((name) => name.includes('zxcvbn')));`;
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    const args = ['--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
    expect(stdout.trim()).toBe('true false');
  });

  it('refuses at once when too many wait, says when to come back, and judges those that wait', async () => {
    const judge = judgeWith({ queueLimit: 2 });
    const accepted = [1, 2, 3].map(() => judge.weaknessOf(WEAK, []));
    await expect(judge.weaknessOf(WEAK, [])).rejects.toMatchObject({
      code: 'service_unavailable',
      headers: { 'retry-after': '1' },
    });
    expect(new Set(await Promise.all(accepted)).size).toBe(1);
    expect(await refused('queue_full')).toBe(1);
  });

  it('gives up a password that takes too long, and judges the next on another thread', async () => {
    const judge = judgeWith({ timeoutMs: 0 });
    await expect(judge.weaknessOf(WEAK, [])).rejects.toMatchObject({ code: 'service_unavailable' });
    expect(await refused('timed_out')).toBe(1);
    // Its answer comes in the turn after the timer, or the timer ends it too: either way the place was given back.
    await expect(judge.weaknessOf(WEAK, [])).rejects.toMatchObject({ code: 'service_unavailable' });
  });

  it('ends its threads when it is stopped', async () => {
    const judge = judgeWith();
    await judge.weaknessOf(WEAK, []);
    const [judging] = await Promise.allSettled([judge.weaknessOf(WEAK, []), judge.stop()]);
    expect(judging).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('ended') },
    });
  });
});
