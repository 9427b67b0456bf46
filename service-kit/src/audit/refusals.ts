import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import type { AuditAttempt, AuditEntry } from './audit-entry.ts';
import type { AuditTrail } from './audit-trail.ts';

export interface RefusalsOptions {
  trail: Pick<AuditTrail, 'recordAlone'>;
  logger: Logger;
  /** Entries in a window for one who and whom: the actor (or the address), the subject, action and code. Default 5. */
  perWindow?: number;
  /** Default one minute, in milliseconds. */
  windowMs?: number;
  /** Entries in a second, all together. Default 20. */
  perSecond?: number;
  /** Different who and whom that are told apart in a window. Default 1,000. */
  maxKeys?: number;
  /** Current time in Unix milliseconds. */
  now?: () => number;
}

/**
 * Records what was refused. Anybody can make refusals without end, so that they are written within bounds, and what
 * is left out is counted: each window ends with one entry a who and whom, `details.leftOut` of them.
 */
export interface Refusals extends Component {
  /** @param code of the refusal; it stands as the entry's reason */
  record(attempt: AuditAttempt, code: string): Promise<void>;
  start(): Promise<void>;
  /** Writes what is left of the window. */
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
    // Beyond that number nobody is told apart any more.
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

  /** A refusal stands whether it can be recorded or not. */
  async function write(entries: AuditEntry | readonly AuditEntry[]): Promise<void> {
    await trail.recordAlone(entries).catch((error: unknown) => {
      logger.error('Refusals could not be recorded', { entries, error });
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

/** Many of one kind, from anywhere about anybody. */
function crowd({ action, reason, subject }: AuditEntry): AuditEntry {
  return {
    action,
    result: 'refused',
    actor: { kind: 'anonymous' },
    subject: { kind: subject.kind },
    ...(reason !== undefined && { reason }),
  };
}
