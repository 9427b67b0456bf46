import { describe, expect, it } from 'vitest';
import type { Logger } from '../logging/index.ts';
import type { AuditAttempt, AuditEntry } from './index.ts';
import { createRefusals, type RefusalsOptions } from './refusals.ts';

const errors: string[] = [];
const logger: Logger = {
  error: (message) => void errors.push(message),
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => logger,
};

function attempt(accountId: string, address = '203.0.113.1'): AuditAttempt {
  return {
    action: 'login',
    actor: { kind: 'anonymous' },
    subject: { kind: 'account', id: accountId },
    origin: { address, device: null },
  };
}

function refusalsOf(more: Partial<RefusalsOptions> = {}) {
  const written: AuditEntry[] = [];
  const clock = { time: 0 };
  const recordAlone = async (entries: AuditEntry | readonly AuditEntry[]) =>
    void written.push(...[entries].flat());
  const refusals = createRefusals({ trail: { recordAlone }, logger, now: () => clock.time, ...more });
  const refuse = async (times: number, ...of: Parameters<typeof attempt>) => {
    for (let n = 0; n < times; n += 1) await refusals.record(attempt(...of), 'invalid_credentials');
  };
  const leftOut = () =>
    written.flatMap(({ details, subject }) => (details ? [[subject.id, details['leftOut']]] : []));
  return { written, clock, refusals, refuse, leftOut };
}

describe('refusals', () => {
  it('are recorded with their code as the reason', async () => {
    const { written, refuse } = refusalsOf();
    await refuse(1, 'acc_1');
    expect(written).toEqual([{ ...attempt('acc_1'), result: 'refused', reason: 'invalid_credentials' }]);
  });

  it('with the same actor and subject are written five times a window, and counted beyond', async () => {
    const { written, refusals, refuse, leftOut } = refusalsOf();
    await refuse(12, 'acc_1');
    expect(written).toHaveLength(5);
    await refuse(2, 'acc_1', '203.0.113.2');
    await refuse(2, 'acc_2');
    expect(written).toHaveLength(9);
    await refusals.stop();
    expect(leftOut()).toEqual([['acc_1', 7]]);
    expect(written.at(-1)).toMatchObject({
      reason: 'invalid_credentials',
      origin: { address: '203.0.113.1' },
    });
  });

  it('are written twenty times a second in total', async () => {
    const { written, clock, refusals, refuse, leftOut } = refusalsOf();
    for (let n = 0; n < 50; n += 1) await refuse(1, `acc_${n}`);
    expect(written).toHaveLength(20);
    clock.time += 1_000;
    await refuse(1, 'acc_50');
    expect(written).toHaveLength(21);
    await refusals.stop();
    expect(leftOut()).toHaveLength(30);
  });

  it('of too many actors and subjects are counted together, in bounded memory', async () => {
    const { written, refusals, refuse, leftOut } = refusalsOf({ maxKeys: 3, perSecond: 2 });
    for (let n = 0; n < 100; n += 1) await refuse(1, `acc_${n}`);
    expect(written).toHaveLength(2);
    await refusals.stop();
    expect(leftOut()).toEqual([
      ['acc_2', 1],
      [undefined, 97],
    ]);
    expect(written.at(-1)).toMatchObject({
      action: 'login',
      subject: { kind: 'account' },
      result: 'refused',
    });
    expect(written.at(-1)).not.toHaveProperty('origin');
  });

  it('are summed up at the end of each window', async () => {
    const { written, refusals, refuse, leftOut } = refusalsOf({ windowMs: 20, perWindow: 1 });
    await refusals.start();
    await refuse(3, 'acc_1');
    await expect.poll(leftOut).toEqual([['acc_1', 2]]);
    await refuse(1, 'acc_1');
    expect(written).toHaveLength(3);
    await refusals.stop();
    expect(written).toHaveLength(3);
  });

  it('stand even when they cannot be recorded', async () => {
    const recordAlone = () => Promise.reject(new Error('away'));
    const { refuse } = refusalsOf({ trail: { recordAlone } });
    await refuse(1, 'acc_1');
    expect(errors).toEqual(['Refusals not recorded']);
  });
});
