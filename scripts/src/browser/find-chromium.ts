import { aptInstall, aptProblem } from '../backing-services/apt.ts';
import { UserError } from '../console/user-error.ts';
import { findExecutable } from '../processes/find-executable.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** A browser on this machine. On Debian it is installed if it is missing. */
export async function findChromium(): Promise<string> {
  const known = await findAny();
  if (known !== undefined) return known;
  const problem = await aptProblem();
  if (problem !== undefined) throw new UserError(`There is no ${NAMES.join(' or ')} here, and ${problem}.`);
  await aptInstall(['chromium']);
  const installed = await findAny();
  if (installed === undefined) throw new UserError('apt-get installed chromium, and it is not there.');
  return installed;
}

async function findAny(): Promise<string | undefined> {
  for (const name of NAMES) {
    const path = await findExecutable(name);
    if (path !== undefined) return path;
  }
  return undefined;
}
