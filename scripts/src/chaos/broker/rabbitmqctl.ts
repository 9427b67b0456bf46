import { dirname, join } from 'node:path';
import { runCommand } from '../../processes/run-command.ts';
import type { Server } from '../../processes/server.ts';

const LIMIT_MS = 60_000;

/** Runs RabbitMQ's command-line tool against a node. */
export async function rabbitmqctl(node: Server, ...args: string[]): Promise<string> {
  const { command, env } = await node.definition.spec();
  const { code, stdout, output } = await runCommand(
    join(dirname(command), 'rabbitmqctl'),
    ['--quiet', ...args],
    { env, signal: AbortSignal.timeout(LIMIT_MS) },
  );
  if (code !== 0)
    throw new Error(`rabbitmqctl ${args.join(' ')} ended with ${code}: ${output.trim().slice(0, 300)}`);
  return stdout;
}
