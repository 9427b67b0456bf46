import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import type { AuditAttempt, AuditEntry } from './audit-entry.ts';
import type { AuditTrail } from './audit-trail.ts';

export interface RefusalsOptions {
  trail: Pick<AuditTrail, 'recordAlone'>;
  logger: Logger;
  /** Entries in a window with the same actor (or address), subject, action and code. Default 5. */
  perWindow?: number;
  /** Length of a window, in milliseconds. Default one minute. */
  windowMs?: number;
  /** Entries in a second, in total. Default 20. */
  perSecond?: number;
  /** Different combinations that are counted separately in a window. Default 1,000. */
  maxKeys?: number;
  /** Current time in Unix milliseconds. */
  now?: () => number;
}

/**
 * Records refused attempts. Anybody can cause any number of refusals, so entries are limited. Those beyond are counted: at
 * the end of a window one entry for each combination has their number in `details.leftOut`.
 */
export interface Refusals extends Component {
  /** @param code of the refusal; it becomes the reason of the entry */
  record(attempt: AuditAttempt, code: string): Promise<void>;
  start(): Promise<void>;
  /** Writes the counts of the current window. */
  stop(): Promise<void>;
}

interface Tally {
  entry: AuditEntry;
  written: number;
  leftOut: number;
}

export function createRefusals(options: RefusalsOptions): Refusals {
  const { trail, logger, perWindow = 5, windowMs = 60_000 } = options;
  const { perSecond = 20, maxKeys = 1_000, now = Date.now } = options;
  let tallies = new Map<string, Tally>();
  let second = { begin: 0, written: 0 };
  let timer: NodeJS.Timeout | undefined;
  let closing: Promise<void> = Promise.resolve();

  function tallyOf(entry: AuditEntry): Tally {
    const key = keyOf(entry);
    const isCrowded = tallies.size >= maxKeys && !tallies.has(key);
    // Further combinations share one count.
    const counted = isCrowded ? crowd(entry) : entry;
    const countedKey = isCrowded ? keyOf(counted) : key;
    const tally = tallies.get(countedKey) ?? {
      entry: counted,
      written: isCrowded ? perWindow : 0,
      leftOut: 0,
    };
    tallies.set(countedKey, tally);
    return tally;
  }

  function takeTurn(tally: Tally): boolean {
    const time = now();
    if (time - second.begin >= 1_000) second = { begin: time, written: 0 };
    if (tally.written >= perWindow || second.written >= perSecond) return false;
    tally.written += 1;
    second.written += 1;
    return true;
  }

  async function closeWindow(): Promise<void> {
    const summaries = [...tallies.values()].flatMap(summaryOf);
    tallies = new Map();
    if (summaries.length > 0) await write(summaries);
  }

  /** The request is refused even when the refusal cannot be recorded. */
  async function write(entries: AuditEntry | readonly AuditEntry[]): Promise<void> {
    await trail.recordAlone(entries).catch((error: unknown) => {
      logger.error('Refusals not recorded', { entries, error });
    });
  }

  return {
    name: 'audit of refusals',
    record: async (attempt, code) => {
      const entry: AuditEntry = { ...attempt, result: 'refused', reason: code };
      const tally = tallyOf(entry);
      if (takeTurn(tally)) await write(entry);
      else tally.leftOut += 1;
    },
    start: async () => {
      timer = setInterval(() => {
        closing = closeWindow();
      }, windowMs);
      timer.unref();
    },
    stop: async () => {
      clearInterval(timer);
      await closing;
      await closeWindow();
    },
  };
}

function summaryOf({ entry, leftOut }: Tally): AuditEntry[] {
  return leftOut === 0 ? [] : [{ ...entry, details: { ...entry.details, leftOut } }];
}

function keyOf({ action, reason, actor, subject, origin }: AuditEntry): string {
  return JSON.stringify([action, reason, actor.id ?? origin?.address, subject.kind, subject.id]);
}

/** The shared count: same action and code, any actor and subject. */
function crowd({ action, reason, subject }: AuditEntry): AuditEntry {
  return {
    action,
    result: 'refused',
    actor: { kind: 'anonymous' },
    subject: { kind: subject.kind },
    ...(reason !== undefined && { reason }),
  };
}
