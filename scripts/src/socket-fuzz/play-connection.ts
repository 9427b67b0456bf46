import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAnswer, type ParsedAnswer, UnreadableAnswerError } from './parse-answer.ts';
import type { Render } from './render-request.ts';
import type { PlannedConnection, PlannedRequest, Step } from './sequence.ts';

/** The result of a connection. */
export interface ConnectionRecord {
  answers: ParsedAnswer[];
  /** The 1xx before each of them; the last ones belong to an answer that has not come. */
  interim: { before: number; status: number }[];
  /** How many requests were sent whole, and whether another one was begun. */
  whole: number;
  begun: number;
  /** The number of requests whose answers the client waited for. */
  due: number;
  /** Why its bytes are no answers. */
  unreadable: string | undefined;
  /** Bytes of an answer that has not come whole. */
  rest: Buffer;
  /** The side that ended it first; undefined while it is open. */
  endedBy: 'client' | 'server' | undefined;
  /** The server cut it with a reset, or it could not be made. */
  error: string | undefined;
  /** The client has closed its half. */
  isHalfClosed: boolean;
  /** The client waited for the server to close the connection, in vain. */
  keptOpen: boolean;
}

export interface Limits {
  answersMs: number;
  endMs: number;
}

/** Plays one connection to its end. */
export async function playConnection(
  port: number,
  { afterMs, requests, steps }: PlannedConnection,
  render: Render,
  limits: Limits,
): Promise<ConnectionRecord> {
  const record: ConnectionRecord = {
    answers: [],
    interim: [],
    whole: 0,
    begun: 0,
    due: 0,
    unreadable: undefined,
    rest: Buffer.alloc(0),
    endedBy: undefined,
    error: undefined,
    isHalfClosed: false,
    keptOpen: false,
  };
  await delay(afterMs);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  let wake = (): void => undefined;
  const ended = (error?: string): void => {
    record.endedBy ??= 'server';
    if (record.endedBy === 'server') record.error ??= error;
    wake();
  };
  socket.on('data', (chunk) => {
    if (record.endedBy !== 'client') readAnswers(record, chunk, requests);
    wake();
  });
  socket.on('connect', () => wake());
  socket.on('end', () => {
    if (record.endedBy !== 'client') readAnswers(record, Buffer.alloc(0), requests, true);
    ended();
  });
  socket.on('error', (error) => ended('code' in error ? String(error.code) : error.message));
  socket.on('close', () => ended());

  /** @returns whether it came to be before the limit */
  async function until(isSo: () => boolean, limitMs: number): Promise<boolean> {
    const limit = performance.now() + limitMs;
    while (!isSo()) {
      const left = limit - performance.now();
      if (left <= 0) return false;
      const timer = new AbortController();
      const woken = new Promise<void>((resolve) => (wake = resolve));
      await Promise.race([woken, delay(left, undefined, { signal: timer.signal }).catch(() => undefined)]);
      timer.abort();
    }
    return true;
  }

  const pieces = requests.map(render);
  let at = 0;
  let resumeReading: Promise<void> | undefined;

  function send({ request, part }: Step & { do: 'send' }): void {
    const before = pieces.slice(0, request).reduce((sum, piece) => sum + piece.length, 0);
    const own = pieces[request]?.length ?? 0;
    // A part of a request is never the whole of it.
    const to = before + (part === 1 ? own : Math.min(own - 1, Math.max(1, Math.floor(own * part))));
    if (to <= at || record.endedBy !== undefined) return;
    socket.write(Buffer.concat(pieces).subarray(at, to));
    at = to;
    record.begun = request + 1;
    record.whole = part === 1 ? request + 1 : request;
  }

  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case 'send':
        return send(step);
      case 'wait':
        await delay(step.ms);
        return;
      case 'read-answers': {
        await resumeReading;
        if (!record.isHalfClosed) record.due = record.whole;
        await until(
          () =>
            record.endedBy !== undefined ||
            record.unreadable !== undefined ||
            record.answers.length >= record.whole ||
            saidClose(record),
          record.isHalfClosed ? limits.endMs : limits.answersMs,
        );
        return;
      }
      case 'pause-reading':
        socket.pause();
        resumeReading = delay(step.ms).then(() => void socket.resume());
        return;
      case 'read-end':
        record.keptOpen = !(await until(() => record.endedBy !== undefined, limits.endMs));
        return;
      case 'half-close':
        record.isHalfClosed = true;
        socket.end();
        return;
      case 'reset':
        record.endedBy ??= 'client';
        socket.resetAndDestroy();
        return;
      case 'leave':
        record.endedBy ??= 'client';
        socket.destroy();
        return;
    }
  }

  if (await until(() => !socket.connecting || record.endedBy !== undefined, limits.answersMs)) {
    for (const step of steps) await take(step);
  }
  await resumeReading;
  // Surplus answers come right behind the others.
  if (record.endedBy === undefined) await delay(SETTLE_MS);
  record.endedBy ??= 'client';
  if (!socket.destroyed) {
    socket.destroy();
    await once(socket, 'close');
  }
  return record;
}

const SETTLE_MS = 5;

const saidClose = ({ answers }: ConnectionRecord): boolean =>
  answers.at(-1)?.headers.get('connection')?.toLowerCase() === 'close';

/** Takes the answers out of what has been received. */
export function readAnswers(
  record: ConnectionRecord,
  chunk: Buffer,
  requests: readonly Pick<PlannedRequest, 'method' | 'version'>[],
  isEnded = false,
): void {
  if (record.unreadable !== undefined) return;
  record.rest = record.rest.length === 0 ? chunk : Buffer.concat([record.rest, chunk]);
  try {
    while (record.rest.length > 0) {
      // A head that never came whole is not known to be one of HEAD.
      const isWhole = record.answers.length < record.whole;
      const { method = 'GET', version } = (isWhole && requests[record.answers.length]) || {};
      const answer = parseAnswer(record.rest, method, version === '1.0' ? isEnded : undefined);
      if (answer === undefined) return;
      record.rest = record.rest.subarray(answer.length);
      if (answer.status < 200) {
        record.interim.push({ before: record.answers.length, status: answer.status });
      } else record.answers.push(answer);
    }
  } catch (error) {
    if (!(error instanceof UnreadableAnswerError)) throw error;
    record.unreadable = error.message;
  }
}
