import { setTimeout as delay } from 'node:timers/promises';
import { type Breach, judgeConnection } from './judge-connection.ts';
import { playConnection } from './play-connection.ts';
import type { Sequence } from './sequence.ts';
import type { FuzzStage } from './set-stage.ts';

/** The result of a sequence. */
export interface Played {
  sequence: Sequence;
  startedAt: number;
  endedAt: number;
  answers: number;
  breaches: Breach[];
  /** A process ended meanwhile, so the result does not count. */
  isVoid: boolean;
}

/** While others are played, and while nothing is: what lingers does so for five seconds. */
const LIMITS = { answersMs: 15_000, endMs: 10_000 };
export const LIMITS_ALONE = { answersMs: 4_000, endMs: 6_000 };
/** From when a process closes its connections until the system says that it has ended. */
export const DEATH_MS = 250;

/** @param requestIds of every answer of the run */
export async function playSequence(
  stage: FuzzStage,
  sequence: Sequence,
  requestIds: Set<string>,
  limits = LIMITS,
): Promise<Played> {
  const { servers, ports, renderers, idOf } = stage;
  const pids = (): string => servers.map(({ pid }) => pid).join(' ');
  const [port, render] = [ports.get(sequence.target), renderers.get(sequence.target)];
  if (port === undefined || render === undefined) throw new Error(`there is no ${sequence.target}`);
  const before = pids();
  const startedAt = performance.now();
  const records = await Promise.all(
    sequence.connections.map((connection) => playConnection(port, connection, render, limits)),
  );
  const endedAt = performance.now();
  const breaches = records.flatMap((record, index) => {
    const connection = sequence.connections[index];
    return connection ? judgeConnection(connection, record, { idOf, requestIds }) : [];
  });
  if (breaches.length > 0) await delay(DEATH_MS);
  return {
    sequence,
    startedAt,
    endedAt,
    answers: records.reduce((sum, { answers }) => sum + answers.length, 0),
    breaches,
    isVoid: pids() !== before,
  };
}
