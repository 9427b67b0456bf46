import { Command } from 'commander';
import { checkJob, packageChecks, repositoryChecks } from '../checks/checks.ts';
import { print, printError } from '../console/print.ts';
import { seconds } from '../console/steps.ts';
import { UserError } from '../console/user-error.ts';
import { rabbitmqUrl } from '../backing-services/rabbitmq-server.ts';
import { Keeper } from '../processes/keeper.ts';
import { type PackageName, packageNames, serviceNames } from '../repository/packages.ts';
import { prepare } from '../supervisor/prepare.ts';
import { PrivateBackingServices } from '../system/private-system.ts';
import { faultJobs } from '../test-run/run-script.ts';
import { runVitest } from '../test-run/run-vitest.ts';
import { type Job, Tally } from '../test-run/tally.ts';

const UNIT_LIMIT_MS = 5 * 60_000;
const INTEGRATION_LIMIT_MS = 15 * 60_000;
// Two at a time, so that tests with time limits do not compete with five type checks.
const BESIDE = 2;

/** `scripts/test`: every check and every test, on private backing services, and a minute each of fuzzed sockets and of chaos. The last line is `N passed, N failed`. */
export async function main(args: string[]): Promise<void> {
  const names = new Command('test')
    .description(
      `Runs every check and every test, and without a package also a minute of fuzzed sockets and one of chaos. The backing services are private, on free ports, and gone afterwards; .data/ is not touched.`,
    )
    .argument('[package...]', `only these packages: ${packageNames.join(', ')}`)
    .parse(args, { from: 'user' }).args;

  const packages = choosePackages(names);
  const startedAt = performance.now();
  const keeper = Keeper.start();
  const cleanUps: (() => Promise<void>)[] = [() => keeper.end()];
  endOnSignals(cleanUps);

  const sources = await prepare(packages, { useUrls: false });
  const credentialsUsers = packages.filter((name) => name !== 'scripts');
  const backing = PrivateBackingServices.start({ sources, extraVirtualHosts: credentialsUsers });
  cleanUps.unshift(async () => (await backing).stop());
  // Awaited below; until then a failure is no unhandled rejection.
  backing.catch(() => {});

  const tally = new Tally();
  try {
    const whole = names.length === 0;
    const checks = [...packageChecks(packages), ...(whole ? repositoryChecks(keeper) : [])];
    await tally.run(checks.map(checkJob), BESIDE);
    await tally.run(
      packages.map((name) => unitJob(name, keeper)),
      BESIDE,
    );
    const { services, credentials } = await backing;
    const { port = 0 } = services.rabbitmq.servers.at(-1) ?? {};
    const suiteOf = (name: PackageName): Job => {
      const env = {
        ...process.env,
        MONGODB_URL: services.mongodb.url,
        REDIS_URL: `${services.redis.url}/${packages.indexOf(name) + 1}`,
        RABBITMQ_URL: rabbitmqUrl(port, 'admin', credentials.rabbitmqPasswords.admin, name),
        // Each end-to-end file has its own Laurel, which mostly waits.
        ...(name === 'scripts' && { FILES_AT_ONCE: '2' }),
      };
      return integrationJob(name, env, keeper);
    };
    // The tests of the kit block the whole broker, those of the services mostly wait, and the end-to-end tests need the
    // whole machine.
    const run = (suites: readonly PackageName[], beside: number): Promise<void> =>
      tally.run(packages.filter((name) => suites.includes(name)).map(suiteOf), beside);
    await run(['service-kit'], 1);
    await run(serviceNames, serviceNames.length);
    await run(['scripts'], 1);
    if (whole) await tally.run(faultJobs(keeper), 1);
  } finally {
    for (const cleanUp of cleanUps) await cleanUp().catch((error: unknown) => printError(String(error)));
  }
  print(`\nAll of it took ${seconds(performance.now() - startedAt)}.`);
  print(tally.lastLine);
  process.exitCode = tally.counts.failed === 0 && tally.counts.passed > 0 ? 0 : 1;
}

function choosePackages(names: string[]): PackageName[] {
  for (const name of names) {
    if (!packageNames.some((known) => known === name)) {
      throw new UserError(`There is no package ${name}; there are ${packageNames.join(', ')}.`);
    }
  }
  return packageNames.filter((name) => names.length === 0 || names.includes(name));
}

function unitJob(name: PackageName, keeper: Keeper): Job {
  const run = { package: name, project: 'unit', env: process.env, keeper, limitMs: UNIT_LIMIT_MS } as const;
  return { title: `${name}: unit tests`, run: () => runVitest(run) };
}

function integrationJob(name: PackageName, env: NodeJS.ProcessEnv, keeper: Keeper): Job {
  const run = { package: name, project: 'integration', env, keeper, limitMs: INTEGRATION_LIMIT_MS } as const;
  const kind = name === 'scripts' ? 'end-to-end tests' : 'integration tests';
  return { title: `${name}: ${kind}`, run: () => runVitest(run) };
}

// Ctrl-C leaves nothing behind. Children have their own process groups, so it reaches only this process.
function endOnSignals(cleanUps: (() => Promise<void>)[]): void {
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending) process.exit(130);
      ending = true;
      printError(`\n${signal}: cleaning up …`);
      void Promise.allSettled(cleanUps.map((cleanUp) => cleanUp())).then(() => process.exit(130));
    });
  }
}
