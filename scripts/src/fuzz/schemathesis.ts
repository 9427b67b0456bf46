import { readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { UserError } from '../console/user-error.ts';
import { runCommand } from '../processes/run-command.ts';
import { cacheDirectory } from '../repository/cache.ts';
import type { Outcome } from '../test-run/tally.ts';

/** Schemathesis and everything below it, each in one version. */
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

/** The checks of every answer. The tests of each service check which inputs it refuses. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];
const SEED = 20_261_121;

/** Puts Schemathesis into a Python environment in the cache, once. Says where. */
export async function installSchemathesis(): Promise<string> {
  const requirements = await readFile(REQUIREMENTS);
  const stamp = createHash('sha256').update(requirements).digest('hex').slice(0, 12);
  const environment = join(cacheDirectory(), `schemathesis-${stamp}`);
  const done = join(environment, 'installed');
  if ((await readFile(done, 'utf8').catch(() => '')) === stamp) return environment;

  await rm(environment, { recursive: true, force: true });
  // Without its own pip, which some systems package apart: the one that is there installs into it.
  await mustRun('python3', ['-m', 'venv', '--without-pip', environment]);
  const into = ['--python', join(environment, 'bin', 'python')];
  const install = ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', REQUIREMENTS];
  await mustRun('python3', ['-m', 'pip', ...into, ...install]);
  await writeFile(done, stamp);
  return environment;
}

async function mustRun(command: string, args: string[]): Promise<void> {
  const { code, output } = await runCommand(command, args);
  if (code === 0) return;
  throw new UserError(
    `Schemathesis could not be installed: Python 3.10 or newer with pip and venv is needed.\n${output.trim()}`,
  );
}

export interface FuzzOptions {
  environment: string;
  /** Where the API answers. */
  url: string;
  /** File of its document. */
  document: string;
  /** What is made for each operation at most. */
  examples: number;
  /** Values for every parameter of that name, such as the id of an account that there is. */
  parameters: Record<string, string>;
  /** Other values for single operations, by `operationId`. */
  parametersOf: Record<string, Record<string, string>>;
  /** Operations to call, or to leave alone. */
  filter: { only: readonly string[] } | { without: readonly string[] };
  /** Where it may write; removed by the caller. */
  directory: string;
  timeoutMs: number;
}

/** Calls every operation with what its document allows and with what it does not, the same at each run. */
export async function fuzz(options: FuzzOptions): Promise<Outcome> {
  const { environment, url, document, examples, filter, directory } = options;
  const config = join(directory, 'schemathesis.toml');
  await writeFile(config, configOf(options));
  const args = ['--config-file', config, 'run', document, '--url', url];
  args.push('--checks', CHECKS.join(','), '--phases', 'examples,coverage,fuzzing');
  args.push('--max-examples', String(examples), '--seed', String(SEED), '--no-color');
  // A busy machine may take its time; a request that is never answered is one for `timeoutMs`.
  args.push('--request-timeout', '120');
  args.push('--continue-on-failure', '--warnings', 'off', '--suppress-health-check', 'all');
  if ('only' in filter) for (const id of filter.only) args.push('--include-operation-id', id);
  else for (const id of filter.without) args.push('--exclude-operation-id', id);
  const { code, output } = await runCommand(join(environment, 'bin', 'schemathesis'), args, {
    cwd: directory,
    signal: AbortSignal.timeout(options.timeoutMs),
  });
  const failed = code === 0 ? 0 : 1;
  return { passed: 1 - failed, failed, output: code > 1 ? `exit code ${code}\n${output}` : output };
}

function configOf({ parameters, parametersOf }: FuzzOptions): string {
  const lines = ['[auth]', 'auto-signup = false', '[parameters]', ...assignments(parameters)];
  for (const [operationId, own] of Object.entries(parametersOf)) {
    lines.push('[[operations]]', `include-operation-id = ${JSON.stringify(operationId)}`);
    lines.push('[operations.parameters]', ...assignments(own));
  }
  return [...lines, ''].join('\n');
}

const assignments = (values: Record<string, string>): string[] =>
  Object.entries(values).map(([name, value]) => `"${name}" = ${JSON.stringify(value)}`);
