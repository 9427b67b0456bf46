import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Breaker } from './breaker.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(0);

async function openBreaker(): Promise<Breaker> {
  const breaker = new Breaker();
  for (let i = 0; i < 5; i += 1) breaker.failed({});
  await settled();
  expect(breaker.isClosed).toBe(false);
  return breaker;
}

it('five failures in a row open it, and four with a success between them do not', async () => {
  const breaker = new Breaker();
  for (let i = 0; i < 4; i += 1) breaker.failed({});
  await settled();
  breaker.succeeded({});
  await settled();
  for (let i = 0; i < 4; i += 1) breaker.failed({});
  await settled();
  expect(breaker.isClosed).toBe(true);
  breaker.failed({});
  await settled();
  expect(breaker.isClosed).toBe(false);
});

it('after a second it allows one trial, whose success closes it', async () => {
  const breaker = await openBreaker();
  await vi.advanceTimersByTimeAsync(999);
  expect(breaker.tryWith({})).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  const trial = {};
  expect(breaker.tryWith(trial)).toBe(true);
  expect(breaker.tryWith({})).toBe(false);
  breaker.succeeded({});
  await settled();
  expect(breaker.isClosed).toBe(false);
  breaker.succeeded(trial);
  await settled();
  expect(breaker.isClosed).toBe(true);
});

it.each(['failed', 'left'] as const)('a trial that %s opens it for twice as long', async (outcome) => {
  const breaker = await openBreaker();
  await vi.advanceTimersByTimeAsync(1_000);
  const trial = {};
  expect(breaker.tryWith(trial)).toBe(true);
  breaker[outcome](trial);
  await vi.advanceTimersByTimeAsync(1_999);
  expect(breaker.tryWith({})).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(breaker.tryWith({})).toBe(true);
});

it('is never open for longer than 15 seconds', async () => {
  const breaker = await openBreaker();
  for (let i = 0; i < 10; i += 1) {
    await vi.advanceTimersByTimeAsync(15_000);
    const trial = {};
    expect(breaker.tryWith(trial)).toBe(true);
    breaker.failed(trial);
  }
});
