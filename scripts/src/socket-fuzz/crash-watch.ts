import type { Exit } from '../processes/managed-process.ts';
import type { Server } from '../processes/server.ts';
import { waitUntil } from '../processes/wait-until.ts';
import { serviceNames } from '../repository/packages.ts';

/** A process that ended by itself, or an exception that nobody caught. */
export interface Crash {
  server: string;
  /** The same for the same fault. */
  signature: string;
  /** The line of its log, or its last words. */
  words: string;
  /** Undefined while it goes on running. */
  exit: Exit | undefined;
  /** `performance.now()` */
  at: number;
}

const EXCEPTION = /"message":"Crashed"|uncaught|unhandled/i;
const ENDS_WITHIN_MS = 5_000;
const READY_WITHIN_MS = 60_000;

/** Listens to the processes of a system, and starts again what has ended. */
export class CrashWatch {
  readonly crashes: Crash[] = [];
  /** Counts of error log lines that report no exception, by message. */
  readonly errorLines = new Map<string, number>();
  #mended: Promise<unknown> = Promise.resolve();

  readonly onLine = (server: string, line: string): void => {
    if (!serviceNames.some((name) => server.startsWith(name))) return;
    if (EXCEPTION.test(line)) {
      const { signature, words } = readLine(line);
      this.crashes.push({
        server,
        signature: `${server}: ${signature}`,
        words,
        exit: undefined,
        at: performance.now(),
      });
    } else if (line.includes('"level":"error"')) {
      const { error } = parsed(line);
      const message = `${server}: ${/"message":"([^"]*)"/.exec(line)?.[1] ?? line.slice(0, 100)} (${error?.code ?? error?.name}: ${error?.message})`;
      this.errorLines.set(message, (this.errorLines.get(message) ?? 0) + 1);
    }
  };

  readonly onUnexpectedExit = (server: Server, exit: Exit): void => {
    const now = performance.now();
    const told = this.crashes.findLast((crash) => crash.server === server.name && crash.exit === undefined);
    if (told && now - told.at < ENDS_WITHIN_MS) {
      told.exit = exit;
    } else {
      const how = exit.signal ?? `exit code ${exit.code}`;
      const words = server.tail.slice(-5).join('\n');
      this.crashes.push({ server: server.name, signature: `${server.name}: ${how}`, words, exit, at: now });
    }
    this.#mended = Promise.all([this.#mended, server.start()]);
    // `mended` reports a failure to its caller.
    this.#mended.catch(() => undefined);
  };

  /** Resolves once everything runs. */
  async mended(servers: readonly Server[]): Promise<void> {
    const isWhole = async (): Promise<boolean> => {
      await this.#mended;
      return servers.every(({ ready, pid }) => ready && pid !== undefined);
    };
    await waitUntil(isWhole, { limitMs: READY_WITHIN_MS, everyMs: 50, what: 'a running system' });
  }
}

/** The first line of an error and where it came from, which stay the same from one time to the next. */
function readLine(line: string): { signature: string; words: string } {
  const { error } = parsed(line);
  const stack = error?.stack ?? '';
  const [place = ''] =
    /[\w-]+\.(?:ts|js):\d+/.exec(
      stack
        .split('\n')
        .slice(1)
        .join('\n')
        .replaceAll(/node:internal\S*/g, ''),
    ) ?? [];
  const name = error?.code ?? error?.name ?? line.slice(0, 120);
  const message = error?.message ?? '';
  return {
    signature: [name, message, place].filter((part) => part !== '').join(' at '),
    words: stack || line,
  };
}

interface LogError {
  name?: string;
  message?: string;
  code?: string;
  stack?: string;
}

function parsed(line: string): { error?: LogError } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
