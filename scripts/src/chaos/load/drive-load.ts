import { setTimeout as delay } from 'node:timers/promises';
import type { Intent } from './intents.ts';

export interface Drive {
  next: (elapsedMs: number) => Intent;
  perform: (intent: Intent) => Promise<void>;
  /** Operations begun each second. */
  rate: number;
  /** Operations under way at most; while there are as many, nothing more is begun. */
  most: number;
  durationMs: number;
}

export interface Driven {
  begun: number;
  /** Not begun, because too many were under way. */
  heldBack: number;
  /** Unix milliseconds. */
  endedAt: number;
  /** Resolves when the last of them is done. */
  rest: Promise<unknown>;
}

const TICK_MS = 10;

/** Begins operations when they are due, whether or not the earlier ones have ended. */
export async function driveLoad({ next, perform, rate, most, durationMs }: Drive): Promise<Driven> {
  const startedAt = performance.now();
  const underWay = new Set<Promise<void>>();
  let due = 0;
  let begun = 0;
  let heldBack = 0;
  for (let elapsed = 0; elapsed < durationMs; elapsed = performance.now() - startedAt) {
    for (; due < (elapsed / 1_000) * rate; due += 1) {
      const intent = next(elapsed);
      if (underWay.size >= most) {
        heldBack += 1;
        continue;
      }
      begun += 1;
      const operation = perform(intent).finally(() => underWay.delete(operation));
      underWay.add(operation);
    }
    await delay(TICK_MS);
  }
  return { begun, heldBack, endedAt: Date.now(), rest: Promise.all(underWay) };
}
