import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Keeper } from '../processes/keeper.ts';
import { runCommand } from '../processes/run-command.ts';
import { packageDirectory, type ServiceName, serviceNames } from '../repository/packages.ts';
import { npmCi } from '../toolchain/install-package.ts';
import { inCopyOf } from './copy-alone.ts';

const TARBALL = /^service-kit-\d.*\.tgz$/;
const Manifest = z.object({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
});

/** The kit in each vendor/ folder is byte for byte a released one, and package.json names it. */
export async function vendoredKitIsReleased(): Promise<string[]> {
  const checksums = await recordedChecksums();
  const problems = await Promise.all(serviceNames.map((service) => vendorProblems(service, checksums)));
  return problems.flat();
}

async function vendorProblems(service: ServiceName, checksums: Map<string, string>): Promise<string[]> {
  const vendor = join(packageDirectory(service), 'vendor');
  const tarballs = (await readdir(vendor).catch(() => [])).filter((name) => TARBALL.test(name));
  const { dependencies } = await manifestOf(packageDirectory(service));
  const wanted = dependencies['service-kit'];
  const problems: string[] = [];
  if (!tarballs.some((name) => wanted === `file:vendor/${name}`)) {
    problems.push(`${service} asks for service-kit as ${wanted}, which is not in its vendor/`);
  }
  for (const name of tarballs) {
    const recorded = checksums.get(name);
    if (recorded === undefined) problems.push(`${service}/vendor/${name} was never released`);
    else if (recorded !== (await sha256(join(vendor, name))))
      problems.push(`${service}/vendor/${name} differs from its release`);
  }
  return problems;
}

/** The kit packs to the checksum of its version: a released version never changes. */
export async function kitPacksToItsChecksum(keeper: Keeper): Promise<string[]> {
  const { version } = await manifestOf(packageDirectory('service-kit'));
  const name = `service-kit-${version}.tgz`;
  const recorded = (await recordedChecksums()).get(name);
  if (recorded === undefined)
    return [`${name} is not in service-kit/releases/checksums.txt: service-kit/release records it`];
  return inCopyOf('service-kit', keeper, async (copy) => {
    await npmCi(copy);
    for (const args of [
      ['run', '--silent', 'build'],
      ['pack', '--silent', '--ignore-scripts'],
    ]) {
      const { code, output } = await runCommand('npm', args, { cwd: copy });
      if (code !== 0) return [`npm ${args.join(' ')} failed:\n${output.trim()}`];
    }
    const packed = await sha256(join(copy, name));
    return packed === recorded
      ? []
      : [`the kit has changed since ${version} was released: raise its version and release it`];
  });
}

async function recordedChecksums(): Promise<Map<string, string>> {
  const text = await readFile(join(packageDirectory('service-kit'), 'releases', 'checksums.txt'), 'utf8');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return new Map(
    lines.map((line) => {
      const [checksum = '', name = ''] = line.trim().split(/\s+/);
      return [name, checksum];
    }),
  );
}

async function manifestOf(directory: string): Promise<z.infer<typeof Manifest>> {
  return Manifest.parse(JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')));
}

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
