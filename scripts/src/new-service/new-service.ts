import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../console/user-error.ts';
import { settingsFiles } from '../checks/settings.ts';
import { runCommand } from '../processes/run-command.ts';
import { projectFiles } from '../repository/files.ts';
import { packageDirectory, serviceNames, services } from '../repository/packages.ts';
import { readJson } from '../repository/read-json.ts';
import { installPackage } from '../toolchain/install-package.ts';

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*-service$/;
const TEMPLATE = join(packageDirectory('scripts'), 'templates', 'service');
const SUFFIX = '.template';

const Dependencies = z.record(z.string(), z.string());
const Package = z.looseObject({ dependencies: Dependencies, devDependencies: Dependencies });

/** @throws {UserError} when there can be no service of this name */
export function checkName(name: string, taken: readonly string[]): void {
  if (!NAME.test(name))
    throw new UserError(
      `${name} is no name for a service: use small letters, digits and "-", and end it with "-service".`,
    );
  if (taken.includes(name)) throw new UserError(`There is a service ${name} already.`);
}

/** Makes the folder of a new service from the template; it then installs, starts and passes its checks. */
export async function makeService(name: string, onStep: (text: string) => void): Promise<void> {
  checkName(name, serviceNames);
  const folder = packageDirectory(name);
  await mkdir(folder).catch(() => {
    throw new UserError(`${name}/ exists already: remove it or choose another name.`);
  });
  try {
    onStep(`writing ${name}/`);
    await writeFolder(name, folder);
    onStep('making package-lock.json');
    await run(folder, 'npm', [
      'install',
      '--package-lock-only',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
    ]);
    onStep('npm ci');
    await installPackage(folder);
    await mkdir(join(folder, 'contracts'));
    await run(folder, 'npm', ['run', '--silent', 'openapi']);
    await run(folder, 'npm', ['run', '--silent', 'format']);
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}

async function writeFolder(name: string, folder: string): Promise<void> {
  const model = services.find(({ database }) => database !== undefined);
  if (!model) throw new UserError('A new service takes its versions from another one, and there is none.');
  const values = valuesFor(name);
  for (const file of await projectFiles(TEMPLATE)) {
    const text = await readFile(join(TEMPLATE, file), 'utf8');
    const target = join(folder, file.slice(0, -SUFFIX.length));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(
      target,
      text.replaceAll(/__([A-Z_]+?)__/g, (mark, key: string) => values[key] ?? mark),
    );
  }
  for (const file of settingsFiles) await cp(join(packageDirectory(model.name), file), join(folder, file));
  for (const file of ['vendor', 'package-lock.json'])
    await cp(join(packageDirectory(model.name), file), join(folder, file), { recursive: true });
  await pinVersions(folder, packageDirectory(model.name));
}

/** The values of the placeholders in the template. */
export function valuesFor(name: string): Record<string, string> {
  const stem = name.replace(/-service$/, '');
  const next = (kind: 'http' | 'admin') => String(Math.max(...services.map(({ ports }) => ports[kind])) + 1);
  const constant = stem.toUpperCase().replaceAll('-', '_');
  return {
    NAME: name,
    STEM: stem,
    VARIABLES: constant,
    UPSTREAM: `${constant}_SERVICE_URL`,
    DATABASE: `${stem.replaceAll('-', '_')}_db`,
    PORT: next('http'),
    ADMIN_PORT: next('admin'),
  };
}

/** Every service uses the same versions, so the new one takes those of another. */
async function pinVersions(folder: string, model: string): Promise<void> {
  const file = join(folder, 'package.json');
  const [made, known] = [await readJson(file, Package), await readJson(join(model, 'package.json'), Package)];
  if (!made || !known) throw new Error(`${file} was not written`);
  const versions = { ...known.dependencies, ...known.devDependencies };
  const pinned = (wanted: Record<string, string>) =>
    Object.fromEntries(Object.keys(wanted).map((name) => [name, versions[name] ?? 'unknown']));
  const text = {
    ...made,
    dependencies: pinned(made.dependencies),
    devDependencies: pinned(made.devDependencies),
  };
  await writeFile(file, `${JSON.stringify(text, null, 2)}\n`);
}

async function run(cwd: string, command: string, args: string[]): Promise<void> {
  const { code, output } = await runCommand(command, args, { cwd });
  if (code !== 0) throw new UserError(`${[command, ...args].join(' ')} failed:\n${output.trim()}`);
}
