import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LaurelClient } from '../src/client/laurel-client.ts';
import { registerPlayer } from '../src/client/operations.ts';
import { Keeper } from '../src/processes/keeper.ts';
import { freePort } from '../src/processes/ports.ts';
import { runCommand } from '../src/processes/run-command.ts';
import { projectFiles } from '../src/repository/files.ts';
import { packageDirectory, packageNames, repositoryRoot, services } from '../src/repository/packages.ts';
import { bareEnvironment } from '../src/system/private-system.ts';
import { installPackage } from '../src/toolchain/install-package.ts';

const NAME = 'trial-service';
const LIMIT_MS = 300_000;

const keeper = Keeper.start();
let directory: string;
let copy: string;
let env: NodeJS.ProcessEnv;
let before: Map<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'laurel-new-service-'));
  keeper.removeAtEnd(directory);
  copy = join(directory, 'repository');
  for (const file of await projectFiles()) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await cp(join(repositoryRoot, file), join(copy, file));
  }
  for (const name of packageNames.filter((one) => one !== 'service-kit')) {
    await installPackage(packageDirectory(name));
    await symlink(join(packageDirectory(name), 'node_modules'), join(copy, name, 'node_modules'));
  }
  const settings = { CI: 'true', DOCS_REFRESH: '1s', LAUREL_DATA_DIR: join(directory, 'data') };
  env = { ...bareEnvironment(), ...settings };
  for (const variables of [...services.map(({ ports }) => ports.variables), 'TRIAL']) {
    env[`${variables}_PORT`] = String(await freePort());
    env[`${variables}_ADMIN_PORT`] = String(await freePort());
  }
  before = await contents();
}, LIMIT_MS);

afterAll(async () => {
  await scripts('down');
  await keeper.end();
}, 120_000);

function scripts(command: string, ...args: string[]) {
  return runCommand(join(copy, 'scripts', command), args, { env });
}

/** The files of the copy, by path, without what commands install or keep. */
async function contents(): Promise<Map<string, string>> {
  const files = (await projectFiles(copy)).filter((file) => !file.endsWith('node_modules'));
  const texts = await Promise.all(files.map((file) => readFile(join(copy, file), 'base64')));
  return new Map(files.map((file, index) => [file, texts[index] ?? '']));
}

/** What a check of the copy finds: a module below scripts/src and a call. */
async function problemsOf(module: string, call: string): Promise<unknown> {
  const program = `const checks = await import('./src/${module}');
    const { Keeper } = await import('./src/processes/keeper.ts');
    const keeper = Keeper.start();
    const problems = await checks.${call};
    await keeper.end();
    process.stdout.write(JSON.stringify(problems));`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout, output } = await runCommand(process.execPath, args, { cwd: join(copy, 'scripts'), env });
  return stdout === '' ? output : JSON.parse(stdout);
}

const staleFiles = () => problemsOf('generated-files/generated-files.ts', 'generatedFilesAreCurrent()');

it(
  'new-service makes a folder that needs nothing else, and refuses the name a second time',
  async () => {
    const { code, output } = await scripts('new-service', NAME);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`${NAME}/ is ready`) });
    expect(await staleFiles()).toEqual([]);
    expect(await problemsOf('checks/settings.ts', 'settingsAreIdentical()')).toEqual([]);
    expect(await scripts('new-service', NAME)).toMatchObject({
      code: 1,
      output: `There is a service ${NAME} already.\n`,
    });
  },
  LIMIT_MS,
);

it(
  'the new service stands alone and passes its types, lint and format',
  async () => {
    expect(await problemsOf('checks/stands-alone.ts', `standsAlone('${NAME}', keeper)`)).toEqual([]);
    const check = await runCommand('npm', ['run', 'check'], { cwd: join(copy, NAME), env });
    expect(check).toMatchObject({ code: 0 });
  },
  LIMIT_MS,
);

it(
  'up starts it, and the gateway routes to it and documents it',
  async () => {
    const { code, output } = await scripts('up', '--detach', '--no-demo');
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(NAME) });
    const client = new LaurelClient(`http://127.0.0.1:${env['GATEWAY_PORT']}`);
    const { account, tokens } = await registerPlayer(client);
    expect(await client.call('POST', '/v1/trial/visits', { token: tokens.accessToken })).toMatchObject({
      status: 200,
      body: { accountId: account.id, visits: 1 },
    });
    expect(await client.call('POST', '/v1/trial/visits')).toMatchObject({ status: 401 });
    // The gateway reads the documents of services again and again, because they may start after it.
    const documented = async () => (await client.call('GET', '/openapi.json')).body;
    await expect.poll(documented, { timeout: 30_000 }).toMatchObject({ paths: { '/v1/trial/visits': {} } });
    const own = { ...env, MONGODB_URL: '', REDIS_URL: '', RABBITMQ_URL: '' };
    const urls = await runCommand(join(copy, 'scripts', 'infra'), [], { env });
    for (const [, name = '', url = ''] of urls.stdout.matchAll(/^export (\w+)='(.*)'$/gm))
      Object.assign(own, { [name]: url });
    const tests = await runCommand('npm', ['run', 'test:integration'], { cwd: join(copy, NAME), env: own });
    expect(tests).toMatchObject({ code: 0 });
    expect(await scripts('down')).toMatchObject({ code: 0 });
  },
  LIMIT_MS,
);

it(
  'deleting the folder removes it: the check names what is left, and generate leaves no trace',
  async () => {
    await rm(join(copy, NAME), { recursive: true });
    expect(await staleFiles()).toContain(
      `.github/workflows/${NAME}.yml belongs to no service: ./scripts/generate removes it`,
    );
    expect(await scripts('generate')).toMatchObject({ code: 0 });
    expect(await staleFiles()).toEqual([]);
    expect(await contents()).toEqual(before);
  },
  LIMIT_MS,
);
