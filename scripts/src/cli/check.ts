import { Command, InvalidArgumentError, Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findChromium } from '../browser/find-chromium.ts';
import { visitDocs } from '../browser/docs-visit.ts';
import { checkJob, packageChecks, repositoryChecks } from '../checks/checks.ts';
import { print, printError } from '../console/print.ts';
import { fuzzJobs } from '../fuzz/fuzz-jobs.ts';
import { installSchemathesis } from '../fuzz/schemathesis.ts';
import { Keeper } from '../processes/keeper.ts';
import { packageDirectory, packageNames, type ServiceName, serviceNames } from '../repository/packages.ts';
import { runSocketFuzz, type SocketFuzzPlan } from '../socket-fuzz/run-socket-fuzz.ts';
import { socketFuzzLines, socketFuzzReport } from '../socket-fuzz/socket-fuzz-report.ts';
import { PrivateSystem } from '../system/private-system.ts';
import { Tally } from '../test-run/tally.ts';
import { installPackage } from '../toolchain/install-package.ts';

const BESIDE = 2;

interface Options {
  fuzz?: ServiceName | true;
  fuzzSockets?: true;
  browser?: true;
  seed: number;
  sequences: number;
  minutes: number;
  only?: number;
  on?: string;
  skip?: string;
  json?: string;
}

/** `scripts/check`: the checks that need no running system; with `--fuzz`, one API as it runs. */
export async function main(args: string[]): Promise<void> {
  const { fuzz, fuzzSockets, browser, json, ...rest } = new Command('check')
    .description(
      'Types, lint and format of every package; contracts, vendored kit, compose.yaml, links, prose; each service installs, type-checks and passes its unit tests alone.',
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
    .addOption(
      new Option(
        '--fuzz-sockets',
        'instead: send whole, partial, pipelined, upgraded, malformed and aborted requests over raw sockets to every port of a running private system; no crash, no leak, no answer to the wrong request',
      ).conflicts(['fuzz', 'browser']),
    )
    .option('--seed <n>', 'of --fuzz-sockets: the same seed gives the same sequences', wholeNumber, 1)
    .option('--sequences <n>', 'of --fuzz-sockets: how many', wholeNumber, 10_000)
    .option('--minutes <m>', 'of --fuzz-sockets: begins no sequence after that', positiveNumber, 60)
    .option('--only <n>', 'of --fuzz-sockets: plays this sequence alone, again and again', wholeNumber)
    .option(
      '--on <name>',
      'of --fuzz-sockets: only sequences against a port with this in its name, such as admin',
    )
    .option(
      '--skip <text>',
      'of --fuzz-sockets: leaves out sequences with this in the head of a request, such as upgrade',
    )
    .option('--json <file>', 'of --fuzz-sockets: where the report goes')
    .parse(args, { from: 'user' })
    .opts<Options>();

  const tally = new Tally();
  if (browser) await checkInBrowser(tally);
  else if (fuzzSockets) {
    await checkSockets({ ...rest, durationMs: rest.minutes * 60_000 }, json, tally);
  } else if (fuzz === undefined) await checkRepository(tally);
  else await fuzzService(fuzz === true ? 'auth-service' : fuzz, tally);
  print(`\n${tally.lastLine}`);
  process.exitCode = tally.counts.failed === 0 ? 0 : 1;
}

function readService(text: string): ServiceName {
  const service = serviceNames.find((name) => name === text);
  if (service === undefined) throw new InvalidArgumentError(`It is one of ${serviceNames.join(', ')}.`);
  return service;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It is a number above 0.');
  return value;
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

async function checkSockets(plan: SocketFuzzPlan, json: string | undefined, tally: Tally): Promise<void> {
  for (const name of serviceNames) await installPackage(packageDirectory(name));
  const report = socketFuzzReport(await runSocketFuzz(plan, printError));
  for (const line of socketFuzzLines(report)) print(line);
  await tally.run(
    report.verdicts.map(({ rule, breaches, evidence }) => ({
      title: rule,
      run: async () => {
        const failed = breaches === 0 ? 0 : 1;
        return { passed: 1 - failed, failed, output: [`${breaches} breaches`, ...evidence].join('\n') };
      },
    })),
    1,
  );
  if (json !== undefined) await writeFile(resolve(json), `${JSON.stringify(report, undefined, 2)}\n`);
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

/** All requests come from one address, and refusals by limits would hide other answers. */
const UNLIMITED = {
  LOGIN_FAILURES_PER_ACCOUNT: '1000000',
  LOGIN_FAILURES_PER_ADDRESS: '1000000',
  NEW_ACCOUNTS_PER_ADDRESS: '1000000',
  NEW_SESSIONS_PER_ACCOUNT: '1000000',
  NEW_SESSIONS_PER_ADDRESS: '1000000',
};

/** Tokens stay valid until the end. */
const LASTING = { ACCESS_TOKEN_TTL: '1h' };
