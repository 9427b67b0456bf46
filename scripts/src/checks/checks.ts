import { generatedFilesAreCurrent } from '../generated-files/generated-files.ts';
import type { Keeper } from '../processes/keeper.ts';
import { runCommand } from '../processes/run-command.ts';
import { packageDirectory, type PackageName, serviceNames } from '../repository/packages.ts';
import type { Job } from '../test-run/tally.ts';
import { composeIsValid } from './compose.ts';
import { asyncapiIsValid, contractCopiesAreEqual, schemasCompile } from './contracts.ts';
import { treesAreTrue } from './folder-trees.ts';
import { forbiddenDefaults } from './forbidden-defaults.ts';
import { linksLead } from './links.ts';
import { lockfilesNameNoHost } from './lockfiles.ts';
import { proseIsPlain } from './prose.ts';
import { publishedContractsHold } from './published-contracts.ts';
import { settingsAreIdentical } from './settings.ts';
import { standsAlone } from './stands-alone.ts';
import { kitPacksToItsChecksum, vendoredKitIsReleased } from './vendored-kit.ts';

/** A rule of the repository. */
export interface Check {
  title: string;
  /** Returns one string for each problem. */
  run: () => Promise<string[]>;
}

/** A check as something that is counted: passed without problems, failed otherwise. */
export function checkJob({ title, run }: Check): Job {
  return {
    title,
    run: async () => {
      const problems = await run();
      const failed = problems.length === 0 ? 0 : 1;
      return { passed: 1 - failed, failed, output: problems.join('\n') };
    },
  };
}

export function packageChecks(packages: readonly PackageName[]): Check[] {
  return packages.map((name) => ({
    title: `${name}: types, lint, format`,
    run: async () => {
      const { code, output } = await runCommand('npm', ['run', '--silent', 'check'], {
        cwd: packageDirectory(name),
        env: { ...process.env, NO_COLOR: '1' },
      });
      return code === 0 ? [] : [output.trim()];
    },
  }));
}

/** Checks that concern more than one package. The keeper removes temporary folders if this process is killed. */
export function repositoryChecks(keeper: Keeper): Check[] {
  return [
    { title: 'Settings files are the same in every package', run: settingsAreIdentical },
    { title: 'Copies of contracts equal their originals', run: contractCopiesAreEqual },
    { title: 'Message schemas compile and accept their examples', run: schemasCompile },
    { title: 'Message schemas keep what was published', run: () => publishedContractsHold() },
    { title: 'AsyncAPI documents are valid', run: asyncapiIsValid },
    { title: 'compose.yaml is valid', run: composeIsValid },
    { title: 'Files made from service.json are up to date', run: generatedFilesAreCurrent },
    { title: 'Lockfiles name no registry', run: lockfilesNameNoHost },
    { title: 'Links in Markdown files lead somewhere', run: linksLead },
    { title: 'Trees of folders in Markdown files exist', run: treesAreTrue },
    { title: 'Documents, contracts and comments are in plain English', run: proseIsPlain },
    { title: 'No secret has a default', run: forbiddenDefaults },
    { title: 'Vendored kits are released ones', run: vendoredKitIsReleased },
    { title: 'The kit packs to its recorded checksum', run: () => kitPacksToItsChecksum(keeper) },
    ...serviceNames.map((service) => ({
      title: `${service} stands alone: installs, type-checks, passes its unit tests, documents its API`,
      run: () => standsAlone(service, keeper),
    })),
  ];
}
