import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { vi } from 'vitest';
import { gatewayEnvironment, type LogLine, type Services } from './gateway.ts';

/** The gateway in its own process. */
export interface GatewayProcess {
  url: string;
  adminUrl: string;
  log: LogLine[];
  pid: number;
  /** Sends a signal; resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const START_WITHIN = { timeout: 20_000, interval: 20 };

/** @param nodeOptions options of Node, such as `--max-old-space-size=64` */
export async function spawnGateway(
  services: Services,
  env: NodeJS.ProcessEnv = {},
  nodeOptions: readonly string[] = [],
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [...nodeOptions, 'src/main.ts'], {
    env: { PATH: process.env['PATH'], ...gatewayEnvironment(services), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const log: LogLine[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log.push(JSON.parse(line) as LogLine);
  });
  const portOf = (component: string) => {
    const line = log.find((each) => each.message === 'Listening' && each['component'] === component);
    if (!line) throw new Error(`${component} does not listen yet`);
    return Number(line['port']);
  };
  try {
    await vi.waitFor(() => {
      if (!log.some(({ message, worker }) => message === 'Started' && worker === undefined))
        throw new Error('not yet');
    }, START_WITHIN);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    url: `http://127.0.0.1:${portOf('http')}`,
    adminUrl: `http://127.0.0.1:${portOf('admin')}`,
    log,
    pid: child.pid ?? 0,
    async end(signal) {
      child.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
