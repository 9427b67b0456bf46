import { setTimeout as delay } from 'node:timers/promises';
import type { Exit } from '../../processes/managed-process.ts';
import type { Server } from '../../processes/server.ts';

const PAUSE_MS = 500;

/** A process that ended although no fault met it. */
export interface UnexpectedEnd {
  server: string;
  at: number;
  exit: Exit;
  lastLines: string[];
}

/** Starts servers again until they are ready, as a supervisor would: a server that they need may still be down. */
export class Revival {
  readonly unexpectedEnds: UnexpectedEnd[] = [];
  readonly #underWay = new Map<Server, Promise<void>>();
  #ended = false;

  onUnexpectedExit(server: Server, exit: Exit): void {
    if (this.#ended) return;
    this.unexpectedEnds.push({
      server: server.name,
      at: Date.now(),
      exit,
      lastLines: server.tail.slice(-5),
    });
    void this.revive(server);
  }

  /** Resolves when the server is ready. */
  revive(server: Server): Promise<void> {
    const underWay = this.#underWay.get(server);
    if (underWay) return underWay;
    const started = this.#start(server).finally(() => this.#underWay.delete(server));
    this.#underWay.set(server, started);
    return started;
  }

  /** From now on nothing is started any more. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#underWay.values());
  }

  async #start(server: Server): Promise<void> {
    while (!this.#ended && !server.ready) {
      try {
        await server.start();
      } catch {
        await delay(PAUSE_MS);
      }
    }
  }
}
