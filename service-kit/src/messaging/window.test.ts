import { describe, expect, it } from 'vitest';
import { createWindow } from './window.ts';

/** Enters `count` times, and lists the entries that were let in. */
function enterMany(window: ReturnType<typeof createWindow>, count: number): number[] {
  const admitted: number[] = [];
  for (let index = 0; index < count; index += 1) void window.enter().then(() => admitted.push(index));
  return admitted;
}

describe('createWindow', () => {
  it('lets in its size at most, and then one for each that leaves, in order', async () => {
    const window = createWindow(2);
    const admitted = enterMany(window, 4);
    await Promise.resolve();
    expect(admitted).toEqual([0, 1]);
    window.leave();
    await Promise.resolve();
    expect(admitted).toEqual([0, 1, 2]);
    expect(window.taken()).toBe(2);
  });

  it('lets nothing in while it is paused', async () => {
    const window = createWindow(2);
    window.pause();
    const admitted = enterMany(window, 1);
    await Promise.resolve();
    expect(admitted).toEqual([]);
    window.resume();
    await Promise.resolve();
    expect(admitted).toEqual([0]);
  });

  it('keeps its order over many thousand entries', async () => {
    const window = createWindow(7);
    const admitted: number[] = [];
    const entries = Array.from({ length: 5_000 }, async (_, index) => {
      await window.enter();
      admitted.push(index);
      window.leave();
    });
    await Promise.all(entries);
    expect(admitted).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
    expect(window.taken()).toBe(0);
  });
});
