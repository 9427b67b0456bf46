import { spawn } from 'node:child_process';

export interface CommandResult {
  /** Exit code; 127 if the program is missing, 128 if a signal ended it. */
  code: number;
  stdout: string;
  /** Standard output and standard error, as they came. */
  output: string;
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

/** Runs a program to its end and returns its output. A bad exit code is no error. */
export function runCommand(
  command: string,
  args: string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', (error) => resolve({ code: 127, stdout, output: `${output}${error.message}` }));
    child.once('close', (code) => resolve({ code: code ?? 128, stdout, output }));
  });
}
