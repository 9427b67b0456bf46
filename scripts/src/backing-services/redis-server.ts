import { mkdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import type { ServerDefinition } from '../processes/server.ts';
import { waitUntil } from '../processes/wait-until.ts';

export interface RedisServerOptions {
  binary: string;
  directory: string;
  port: number;
  /** Whether what it holds survives a stop. */
  keepData: boolean;
}

export function redisServer({ binary, directory, port, keepData }: RedisServerOptions): ServerDefinition {
  return {
    name: 'redis',
    port,
    stopGraceMs: 10_000,
    async spec() {
      await mkdir(directory, { recursive: true });
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--appendonly', 'no'];
      return {
        command: binary,
        args: [...args, '--save', keepData ? '300 1' : ''],
        cwd: directory,
        env: { PATH: process.env['PATH'] },
      };
    },
    waitUntilReady: (signal) => redisAnswers(port, '127.0.0.1', signal),
  };
}

export async function redisAnswers(port: number, host: string, signal?: AbortSignal): Promise<void> {
  await waitUntil(() => ping(port, host), { limitMs: 15_000, everyMs: 50, what: 'Redis', signal });
}

// A server that wants a password is there too: it answers with -NOAUTH.
function ping(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host, timeout: 2000 }, () => socket.write('PING\r\n'));
    const end = (act: () => void) => {
      socket.destroy();
      act();
    };
    socket.once('data', (data) =>
      end(() => resolve(/^(\+PONG|-NOAUTH|-DENIED)/.test(data.toString('latin1')))),
    );
    socket.once('timeout', () => end(() => reject(new Error('no answer'))));
    socket.once('error', (error) => end(() => reject(error)));
  });
}
