import { Command } from 'commander';
import { checkJob, packageChecks, repositoryChecks } from '../checks/checks.ts';
import { print } from '../console/print.ts';
import { Keeper } from '../processes/keeper.ts';
import { packageDirectory, packageNames } from '../repository/packages.ts';
import { Tally } from '../test-run/tally.ts';
import { installPackage } from '../toolchain/install-package.ts';

const BESIDE = 2;

/** `scripts/check`: everything that can be told without running the system. */
export async function main(args: string[]): Promise<void> {
  new Command('check')
    .description(
      'Types, lint and format of every package; contracts, vendored kit, compose.yaml, links; each service installs, type-checks and passes its unit tests alone.',
    )
    .parse(args, { from: 'user' });
  for (const name of packageNames) await installPackage(packageDirectory(name));

  const keeper = Keeper.start();
  const tally = new Tally();
  await tally.run([...packageChecks(packageNames), ...repositoryChecks(keeper)].map(checkJob), BESIDE);
  await keeper.end();
  print(`\n${tally.lastLine}`);
  process.exitCode = tally.counts.failed === 0 ? 0 : 1;
}
