import { ConfigError } from '../config/index.ts';
import { EX_CONFIG } from '../lifecycle/index.ts';

/**
 * Runs a command of a service, such as `npm run migrate`, as this process. Exit codes: that of `command`, or 0; 78 a
 * wrong configuration (the problems on standard error); 1 any other error.
 *
 * @param command resolves with an exit code, or with nothing
 */
export function runCommand(command: () => Promise<number | void>): void {
  void run(command);
}

async function run(command: () => Promise<number | void>): Promise<void> {
  try {
    process.exitCode = (await command()) ?? 0;
  } catch (error) {
    const isWrong = error instanceof ConfigError;
    const text = error instanceof Error && !isWrong ? error.stack : String(isWrong ? error.message : error);
    process.stderr.write(`${text}\n`);
    // Not `exitCode`: a connection that is still open would hold the process.
    process.exit(isWrong ? EX_CONFIG : 1);
  }
}
