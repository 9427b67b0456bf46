import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from './journal.ts';
import type { Outcome, PlayerClient, PlayerRequest } from './player-client.ts';

/** What every operation of the load needs. */
export interface LoadContext {
  client: PlayerClient;
  journal: Journal;
  /** From now on nothing is tried again. */
  isOver: () => boolean;
}

export type Answered = Extract<Outcome, { known: true }>;

const PAUSE_MS = { first: 200, longest: 3_000 };
const TOO_MANY = 429;

/**
 * Sends a request until its outcome is known, as a real client does: with the same content, after growing pauses.
 *
 * @returns undefined when the run was over first
 */
export async function untilKnown(
  kind: string,
  request: () => PlayerRequest,
  { client, journal, isOver }: LoadContext,
  onUnknown: () => void = () => {},
): Promise<Answered | undefined> {
  for (let attempt = 0; !isOver(); attempt += 1) {
    journal.requests += 1;
    const outcome = await client.request(request());
    journal.count(kind, labelOf(outcome));
    if (outcome.known && outcome.status !== TOO_MANY) return outcome;
    if (!outcome.known) onUnknown();
    await pause(attempt);
  }
  journal.givenUp += 1;
  return undefined;
}

function labelOf(outcome: Outcome): string {
  if (!outcome.known) return `unknown: ${outcome.why}`;
  return outcome.code === undefined ? String(outcome.status) : `${outcome.status} ${outcome.code}`;
}

/** Full jitter. */
export async function pause(attempt: number): Promise<void> {
  await delay(50 + Math.random() * Math.min(PAUSE_MS.longest, PAUSE_MS.first * 2 ** attempt));
}
