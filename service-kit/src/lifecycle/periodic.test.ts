import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '../logging/index.ts';
import { createPeriodic } from './index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function periodicOf(run: () => Promise<void>) {
  const lines: string[] = [];
  const logger: Logger = {
    error: () => undefined,
    warn: (message) => void lines.push(message),
    info: (message) => void lines.push(message),
    debug: () => undefined,
    child: () => logger,
  };
  return { lines, periodic: createPeriodic({ name: 'sweep', everyMs: 1_000, run, logger }) };
}

describe('a periodic component', () => {
  it('runs at its start and at the interval, until it stops', async () => {
    const run = vi.fn<() => Promise<void>>(async () => undefined);
    const { periodic } = periodicOf(run);
    await periodic.start();
    await vi.advanceTimersByTimeAsync(2_500);
    await periodic.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(run).toHaveBeenCalledTimes(3);
  });

  it('never runs twice at a time', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = vi.fn<() => Promise<void>>(() => promise);
    const { periodic } = periodicOf(run);
    await periodic.start();
    await vi.advanceTimersByTimeAsync(3_500);
    expect(run).toHaveBeenCalledTimes(1);
    resolve();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(run).toHaveBeenCalledTimes(2);
    await periodic.stop();
  });

  it('tries again after a failed run, and logs the first failure and the end of a row of failures', async () => {
    const run = vi.fn<() => Promise<void>>(async () => undefined);
    for (let failures = 0; failures < 3; failures += 1) run.mockRejectedValueOnce(new Error('no'));
    const { periodic, lines } = periodicOf(run);
    await periodic.start();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(lines).toEqual(['sweep failed and will be tried again']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(lines.slice(1)).toEqual(['sweep works again']);
    run.mockRejectedValueOnce(new Error('no'));
    await vi.advanceTimersByTimeAsync(1_000);
    await periodic.stop();
    expect(lines.slice(2)).toEqual(['sweep failed and will be tried again']);
  });

  it('stops only after the current run', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { periodic } = periodicOf(() => promise);
    await periodic.start();
    const stopped = vi.fn<() => void>();
    const stopping = periodic.stop().then(stopped);
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).not.toHaveBeenCalled();
    resolve();
    await stopping;
  });
});
