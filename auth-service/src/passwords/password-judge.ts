import type { Registry } from '@prometheus-io/client';
import { Counter } from '@prometheus-io/client';
import { Worker } from 'node:worker_threads';
import type { Component } from 'service-kit/lifecycle';
import { z } from 'zod';
import { createBoundedWork, tooManyPasswords } from './bounded-work.ts';

export interface PasswordJudgeOptions {
  /** Threads; each takes 50 MiB for its dictionaries. */
  concurrency: number;
  /** Passwords that may wait; more are refused with `service_unavailable`. */
  queueLimit: number;
  /** How long the estimate of one password may take, in milliseconds. */
  timeoutMs: number;
  metrics: Registry;
}

export interface PasswordJudge extends Component {
  /**
   * Why a password is too easy to guess, undefined when it is not.
   *
   * @param personal what an attacker would try first: names and addresses of the owner
   * @throws {DomainError} `service_unavailable` when too many wait already, or when it takes too long
   */
  weaknessOf(password: string, personal: readonly string[]): Promise<string | undefined>;
  stop(): Promise<void>;
}

const Verdict = z.object({ weakness: z.string().optional() });
const TIMED_OUT = Symbol('timed out');

/**
 * Estimates passwords on threads of its own, because one estimate can take tens of milliseconds. A thread starts with
 * the first password that needs it; one that fails or takes too long is ended, and the next password starts another.
 */
export function createPasswordJudge(options: PasswordJudgeOptions): PasswordJudge {
  const { concurrency, queueLimit, timeoutMs, metrics } = options;
  const refused = new Counter({
    name: 'password_judgements_refused_total',
    help: 'New passwords that were not judged, because too many waited or because it took too long',
    labelNames: ['reason'],
    registers: [metrics],
  });
  const onRefused = (): void => refused.inc({ reason: 'queue_full' });
  const withPlace = createBoundedWork({ concurrency, queueLimit, onRefused });
  const idle: Worker[] = [];
  const running = new Set<Worker>();

  async function openThread(): Promise<Worker> {
    const thread = new Worker(new URL('./password-strength-thread.ts', import.meta.url), {
      // It needs neither the secrets of the environment nor the options of this process.
      env: {},
      execArgv: [],
    });
    thread.unref();
    running.add(thread);
    // The end of a thread fails the password that it was judging. A thread may also die between two passwords.
    thread.on('error', () => undefined);
    thread.once('exit', () => forget(thread));
    await nextMessage(thread);
    return thread;
  }

  function forget(thread: Worker): void {
    running.delete(thread);
    const index = idle.indexOf(thread);
    if (index !== -1) idle.splice(index, 1);
  }

  async function judge(password: string, personal: readonly string[]): Promise<string | undefined> {
    const thread = idle.pop() ?? (await openThread());
    const answer = nextMessage(thread, timeoutMs);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    thread.postMessage({ password, personal });
    const message = await answer;
    if (message === TIMED_OUT) {
      forget(thread);
      void thread.terminate();
      refused.inc({ reason: 'timed_out' });
      throw tooManyPasswords();
    }
    if (running.has(thread)) idle.push(thread);
    return Verdict.parse(message).weakness;
  }

  return {
    name: 'password judge',
    weaknessOf: (password, personal) => withPlace(() => judge(password, personal)),
    stop: async () => {
      await Promise.all([...running].map((thread) => thread.terminate()));
    },
  };
}

/** @throws what ended the thread, if it ends before it says something */
function nextMessage(thread: Worker, timeoutMs?: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => settle(resolve, TIMED_OUT), timeoutMs);
    const onMessage = (message: unknown): void => settle(resolve, message);
    const onError = (error: unknown): void => settle(reject, error);
    const onExit = (): void => settle(reject, new Error('The thread that judges passwords ended'));
    function settle(how: (value: unknown) => void, value: unknown): void {
      clearTimeout(timer);
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      how(value);
    }
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}
