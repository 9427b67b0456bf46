import { UserError } from '../console/user-error.ts';
import { findExecutable } from '../processes/find-executable.ts';
import { runCommand } from '../processes/run-command.ts';

/** Why packages cannot be installed here, or undefined where they can. */
export async function aptProblem(): Promise<string | undefined> {
  if ((await findExecutable('apt-get')) === undefined)
    return 'this machine has no apt-get to install it with';
  if (await mayUseRoot()) return undefined;
  return 'installing it needs root (no password-less sudo here)';
}

/** Installs with apt-get as root or through sudo. It leaves alone the system instances that this starts. */
export async function aptInstall(packages: string[]): Promise<void> {
  const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
  const install = () => asRoot(['apt-get', 'install', ...options, ...packages]);
  let result = await install();
  if (result.code !== 0) {
    // A fresh machine or image has no package lists yet.
    await asRoot(['apt-get', 'update', '-q']);
    result = await install();
  }
  if (result.code !== 0) {
    const lastLines = result.output.trim().split('\n').slice(-8).join('\n');
    throw new UserError(`apt-get could not install ${packages.join(' ')}:\n${lastLines}`);
  }
}

async function mayUseRoot(): Promise<boolean> {
  return process.getuid?.() === 0 || (await runCommand('sudo', ['-n', 'true'])).code === 0;
}

function asRoot(command: string[]): Promise<{ code: number; output: string }> {
  const privileged = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const [program = '', ...args] = [...privileged, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command];
  return runCommand(program, args);
}
