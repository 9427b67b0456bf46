import { afterEach, describe, expect, it, vi } from 'vitest';
import { createReadiness, isReady } from './readiness.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('readiness', () => {
  it('is true between start and stop only', async () => {
    const readiness = createReadiness({});
    expect((await readiness.report()).status).toBe('starting');
    readiness.open();
    expect((await readiness.report()).status).toBe('ready');
    readiness.drain();
    expect((await readiness.report()).status).toBe('draining');
    readiness.open();
    expect((await readiness.report()).status).toBe('draining');
  });

  it('is the status of the worst check, and names it', async () => {
    const readiness = createReadiness({
      mongodb: async () => undefined,
      redis: async () => 'degraded',
      rabbitmq: async () => ({ degraded: 'blocked' }),
    });
    readiness.open();
    const report = await readiness.report();
    expect(report).toEqual({
      status: 'degraded',
      checks: {
        mongodb: { status: 'ok' },
        redis: { status: 'degraded' },
        rabbitmq: { status: 'degraded', detail: 'blocked' },
      },
    });
    expect(isReady(report)).toBe(true);
  });

  it('fails with a check that rejects or throws', async () => {
    const readiness = createReadiness({
      rejects: () => Promise.reject(new Error('connection refused')),
      throws: () => {
        throw new Error('not connected');
      },
    });
    readiness.open();
    const report = await readiness.report();
    expect(report).toMatchObject({
      status: 'failed',
      checks: { rejects: { detail: 'connection refused' }, throws: { detail: 'not connected' } },
    });
    expect(isReady(report)).toBe(false);
  });

  it('waits one second for a check', async () => {
    vi.useFakeTimers();
    const readiness = createReadiness({ hangs: () => new Promise(() => undefined) });
    readiness.open();
    const report = readiness.report();
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await report).checks['hangs']).toEqual({ status: 'failed', detail: 'no answer within 1000 ms' });
  });

  it('runs the checks once for simultaneous callers', async () => {
    const check = vi.fn<() => Promise<void>>(async () => undefined);
    const readiness = createReadiness({ check });
    await Promise.all([readiness.report(), readiness.report()]);
    await readiness.report();
    expect(check).toHaveBeenCalledTimes(2);
  });
});
