import { Command, InvalidArgumentError, Option } from 'commander';
import { findChromium } from '../browser/find-chromium.ts';
import { visitDocs } from '../browser/docs-visit.ts';
import { checkJob, packageChecks, repositoryChecks } from '../checks/checks.ts';
import { print } from '../console/print.ts';
import { fuzzJobs } from '../fuzz/fuzz-jobs.ts';
import { installSchemathesis } from '../fuzz/schemathesis.ts';
import { Keeper } from '../processes/keeper.ts';
import { packageDirectory, packageNames, type ServiceName, serviceNames } from '../repository/packages.ts';
import { PrivateSystem } from '../system/private-system.ts';
import { Tally } from '../test-run/tally.ts';
import { installPackage } from '../toolchain/install-package.ts';

const BESIDE = 2;

/** `scripts/check`: everything that can be told without running the system; with `--fuzz`, one API as it runs. */
export async function main(args: string[]): Promise<void> {
  const { fuzz, browser } = new Command('check')
    .description(
      'Types, lint and format of every package; contracts, vendored kit, compose.yaml, links; each service installs, type-checks and passes its unit tests alone.',
    )
    .option(
      '--fuzz [service]',
      'instead: call every operation of a running private system in every way, and see whether each answer is one that the API document knows (default: auth-service)',
      readService,
    )
    .addOption(
      new Option(
        '--browser',
        'instead: use the API documentation of a running private system in a browser (Chromium, which is installed where there is none)',
      ).conflicts('fuzz'),
    )
    .parse(args, { from: 'user' })
    .opts<{ fuzz?: ServiceName | true; browser?: true }>();

  const tally = new Tally();
  if (browser) await checkInBrowser(tally);
  else if (fuzz === undefined) await checkRepository(tally);
  else await fuzzService(fuzz === true ? 'auth-service' : fuzz, tally);
  print(`\n${tally.lastLine}`);
  process.exitCode = tally.counts.failed === 0 ? 0 : 1;
}

function readService(text: string): ServiceName {
  const service = serviceNames.find((name) => name === text);
  if (service === undefined) throw new InvalidArgumentError(`It is one of ${serviceNames.join(', ')}.`);
  return service;
}

async function checkRepository(tally: Tally): Promise<void> {
  for (const name of packageNames) await installPackage(packageDirectory(name));
  const keeper = Keeper.start();
  await tally.run([...packageChecks(packageNames), ...repositoryChecks(keeper)].map(checkJob), BESIDE);
  await keeper.end();
}

async function fuzzService(service: ServiceName, tally: Tally): Promise<void> {
  for (const name of serviceNames) await installPackage(packageDirectory(name));
  const environment = await installSchemathesis();
  const system = await PrivateSystem.start({ overrides: { 'auth-service': { ...UNLIMITED, ...LASTING } } });
  try {
    const { runs, verdict } = await fuzzJobs(service, system, environment);
    await tally.run(runs, BESIDE);
    await tally.run([verdict], 1);
  } finally {
    await system.stop();
  }
}

async function checkInBrowser(tally: Tally): Promise<void> {
  for (const name of serviceNames) await installPackage(packageDirectory(name));
  const executablePath = await findChromium();
  const started = await PrivateSystem.start();
  const { system } = started;
  try {
    const { adminUsername: username, adminPassword: password } = system.credentials;
    const title = 'api-gateway: /docs/ in a browser: log in, authorise, try a call';
    const run = () => visitDocs({ executablePath, url: system.url, username, password });
    await tally.run([checkJob({ title, run })], 1);
  } finally {
    await started.stop();
  }
}

/** Everything comes from one address, and refusals by limits would hide what lies behind them. */
const UNLIMITED = {
  LOGIN_FAILURES_PER_ACCOUNT: '1000000',
  LOGIN_FAILURES_PER_ADDRESS: '1000000',
  NEW_ACCOUNTS_PER_ADDRESS: '1000000',
  NEW_SESSIONS_PER_ACCOUNT: '1000000',
  NEW_SESSIONS_PER_ADDRESS: '1000000',
};

/** Tokens are as good at the end as at the beginning. */
const LASTING = { ACCESS_TOKEN_TTL: '1h' };
