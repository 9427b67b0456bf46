import { defineConfig, type OxlintConfig } from 'oxlint';
import service from '../.oxlintrc.json' with { type: 'json' };

// Which folder may import which. Imports go downwards only, and a new folder gets its place here.

/** Every wing may import these, and they import no wing. */
const base = ['audit', 'http', 'database', 'messaging'];

/** The wings from the bottom to the top, each with its folders from the bottom to the top. */
const wings: Record<string, string[]> = {
  catalog: ['calendar', 'conditions', 'events', 'rewards', 'coupons', 'rules'],
  participation: ['accounts', 'progress', 'attendance', 'invites', 'activity'],
  claims: [],
  reporting: ['eligibility', 'my-events', 'history', 'simulation'],
};

const tests = ['!../../test/**', '!../../../test/**'];

function restricted(files: string, group: string[], message: string) {
  const rule: ['error', { patterns: { group: string[]; message: string }[] }] = [
    'error',
    { patterns: [{ group, message }] },
  ];
  return { files: [files], rules: { 'no-restricted-imports': rule } };
}

const below = (wing: string): string[] => {
  const names = Object.keys(wings);
  return [...names.slice(0, names.indexOf(wing)), ...base];
};

const message = (folder: string, lower: string[]) => `${folder} imports only ${lower.join(', ')}.`;

const ofWing = (wing: string) =>
  restricted(
    `${wing}/*.ts`,
    // The folders of claims stand on the files of claims; in the other wings the files stand on the folders.
    [
      '../**',
      ...(wing === 'claims' ? ['./*/**'] : []),
      ...below(wing).map((name) => `!../${name}/**`),
      ...tests,
    ],
    message(wing, below(wing)),
  );

function ofFolder(wing: string, folder: string, siblings: string[]) {
  const lower = below(wing);
  const allowed = [...siblings.map((name) => `!../${name}/**`), ...lower.map((name) => `!../../${name}/**`)];
  return restricted(
    `${wing}/${folder}/**`,
    ['../**', ...allowed, ...tests],
    message(`${wing}/${folder}`, [...siblings, ...lower]),
  );
}

const claimsFolders = restricted(
  'claims/*/**',
  ['../**', '!../*.ts', ...below('claims').map((name) => `!../../${name}/**`), ...tests],
  message('A folder of claims', ['the files of claims', ...below('claims')]),
);

export default defineConfig({
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript reads the words of a JSON file as `string`
  extends: [service as unknown as OxlintConfig],
  rules: { 'import/no-cycle': ['error', { ignoreTypes: false }] },
  overrides: [
    // It comes first, because `*.ts` is every file, and the last rule for a file counts.
    restricted('*.ts', ['./commands/**'], 'Commands import the service, and the service no command.'),
    ...base.map((name) => restricted(`${name}/**`, ['../**'], message(name, ['nothing of the wings']))),
    ...Object.keys(wings).map(ofWing),
    claimsFolders,
    ...Object.entries(wings).flatMap(([wing, folders]) =>
      folders.map((folder, index) => ofFolder(wing, folder, folders.slice(0, index))),
    ),
    restricted(
      'catalog/rewards/kinds/**',
      ['../**', ...base.map((name) => `!../../../${name}/**`)],
      message('catalog/rewards/kinds', base),
    ),
  ],
});
