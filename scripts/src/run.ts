import { UserError } from './console/user-error.ts';
import { printError } from './console/print.ts';
import { packageDirectory } from './repository/folders.ts';
import { installPackage, isInstalled } from './toolchain/install-package.ts';

type Command = { main: (args: string[]) => Promise<void> };

const commands: Record<string, () => Promise<Command>> = {
  bench: () => import('./cli/bench.ts'),
  chaos: () => import('./cli/chaos.ts'),
  check: () => import('./cli/check.ts'),
  'dead-letters': () => import('./operate/dead-letters.ts'),
  demo: () => import('./cli/demo.ts'),
  down: () => import('./cli/down.ts'),
  generate: () => import('./cli/generate.ts'),
  infra: () => import('./cli/infra.ts'),
  'new-service': () => import('./cli/new-service.ts'),
  'rotate-keys': () => import('./operate/rotate-keys.ts'),
  status: () => import('./cli/status.ts'),
  test: () => import('./cli/test.ts'),
  up: () => import('./cli/up.ts'),
  'verify-audit': () => import('./operate/verify-audit.ts'),
  'verify-ledger': () => storeCommand('verify-ledger'),
  'rebuild-progress': () => storeCommand('rebuild-progress'),
};

async function storeCommand(script: 'verify-ledger' | 'rebuild-progress'): Promise<Command> {
  const { runOnStore } = await import('./operate/run-on-store.ts');
  return { main: runOnStore(script) };
}

// The start of every command. It may import only Node's own modules, because it installs the others.
async function run(command: string, args: string[]): Promise<void> {
  const scripts = packageDirectory('scripts');
  if (!(await isInstalled(scripts))) {
    printError('Installing what the scripts need …');
    await installPackage(scripts);
  }
  const load = commands[command];
  if (load === undefined) throw new UserError(`There is no command ${command}.`);
  const { main } = await load();
  await main(args);
}

// `./scripts/up | head` closes our output; then the keeper stops all that was started.
process.stdout.on('error', () => process.exit(1));

try {
  const [command = '', ...args] = process.argv.slice(2);
  await run(command, args);
} catch (error) {
  printError(
    error instanceof UserError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error),
  );
  process.exitCode = 1;
}
