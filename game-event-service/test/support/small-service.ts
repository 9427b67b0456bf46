import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { environment } from './environment.ts';
import type { RunningService } from './running-service.ts';

export interface SmallService extends AsyncDisposable {
  url: string;
  /** The exit code, should it have ended; it ends by itself when its heap is too small. */
  exitCode(): number | null;
}

/** Another instance on a service's database, as a process of its own with a heap of so many MiB. */
export async function startSmallService(beside: RunningService, heapMiB: number): Promise<SmallService> {
  const process = spawn(globalThis.process.execPath, [`--max-old-space-size=${heapMiB}`, 'src/main.ts'], {
    env: environment({ MONGODB_DATABASE: beside.db.databaseName, LOG_LEVEL: 'info' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: process.stdout })) {
    const { component, port } = JSON.parse(line) as { component?: string; port?: number };
    if (component !== 'http' || port === undefined) continue;
    process.stdout.resume();
    return {
      url: `http://127.0.0.1:${port}`,
      exitCode: () => process.exitCode,
      [Symbol.asyncDispose]: async () => {
        const ended = process.exitCode === null && once(process, 'exit');
        process.kill('SIGTERM');
        await ended;
      },
    };
  }
  throw new Error(`the service ended with ${process.exitCode} before it listened`);
}
