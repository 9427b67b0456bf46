import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Keeper } from '../processes/keeper.ts';
import { runCommand } from '../processes/run-command.ts';
import { packageDirectory, type ServiceName } from '../repository/packages.ts';
import { npmCi } from '../toolchain/install-package.ts';
import { inCopyOf } from './copy-alone.ts';

const OPENAPI = join('contracts', 'openapi.json');

/** A service needs nothing outside its folder. */
export function standsAlone(service: ServiceName, keeper: Keeper): Promise<string[]> {
  return inCopyOf(service, keeper, async (copy) => {
    await npmCi(copy);
    for (const [command, ...args] of [
      ['npx', 'tsc'],
      ['npm', 'run', '--silent', 'test:unit'],
      ['npm', 'run', '--silent', 'openapi'],
    ] as const) {
      const { code, output } = await runCommand(command, [...args], { cwd: copy });
      if (code !== 0) return [`${[command, ...args].join(' ')} failed:\n${output.trim()}`];
    }
    const checkedIn = await readFile(join(packageDirectory(service), OPENAPI), 'utf8').catch(() => undefined);
    const generated = await readFile(join(copy, OPENAPI), 'utf8').catch(() => undefined);
    if (checkedIn === undefined) return [`${service}/${OPENAPI} is missing: npm run openapi writes it`];
    return checkedIn === generated ? [] : [`${service}/${OPENAPI} is out of date: npm run openapi writes it`];
  });
}
