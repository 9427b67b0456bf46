import { setTimeout as delay } from 'node:timers/promises';
import { seconds } from '../console/steps.ts';
import type { Exit } from '../processes/managed-process.ts';
import type { Server } from '../processes/server.ts';
import { countFailure, restartDelayMs } from './restart-policy.ts';

export type Say = (level: 'info' | 'warn', message: string) => void;

interface History {
  restarts: number;
  failuresInARow: number;
  lastStart: number;
}

/** Restarts processes that ended, with growing pauses, and logs it. */
export class Restarts {
  enabled = false;
  readonly #histories = new Map<string, History>();
  readonly #say: Say;
  readonly #onChange: () => Promise<void>;

  constructor(say: Say, onChange: () => Promise<void>) {
    this.#say = say;
    this.#onChange = onChange;
  }

  countOf(name: string): number {
    return this.#histories.get(name)?.restarts ?? 0;
  }

  onExit(server: Server, { code, signal }: Exit): void {
    if (!this.enabled) return;
    const how = signal === null ? `exit code ${code}` : signal;
    void this.#startAgain(server, `${server.name} ended unexpectedly (${how})`);
  }

  async #startAgain(server: Server, how: string): Promise<void> {
    const history = this.#histories.get(server.name) ?? { restarts: 0, failuresInARow: -1, lastStart: 0 };
    this.#histories.set(server.name, history);
    history.failuresInARow = countFailure(history.failuresInARow, Date.now() - history.lastStart);
    const pauseMs = restartDelayMs(history.failuresInARow);
    this.#say('warn', `${how}; starting it again in ${seconds(pauseMs)}`);
    await this.#onChange();
    await delay(pauseMs);
    if (!this.enabled) return;
    history.restarts += 1;
    history.lastStart = Date.now();
    try {
      await server.start();
      this.#say('info', `${server.name} is ready again (restart ${history.restarts})`);
    } catch (error) {
      // A start that failed comes back here; without `enabled` the end was asked for.
      if (this.enabled) await this.#startAgain(server, firstLine(error));
    }
    await this.#onChange();
  }
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line;
}
