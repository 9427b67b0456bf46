import { defineConfig, type OxlintConfig } from 'oxlint';
import service from '../.oxlintrc.json' with { type: 'json' };

// Which folder may import which. Imports go downwards only, and a new folder gets its place here.

/** From the bottom to the top. */
const folders = [
  'http',
  'database',
  'messaging',
  'audit',
  'passwords',
  'accounts',
  'tokens',
  'limits',
  'sessions',
  'guests',
  'password-resets',
  'account-management',
  'ledger',
  'personal-data',
  'oauth',
];

function restricted(files: string, group: string[], message: string) {
  const rule: ['error', { patterns: { group: string[]; message: string }[] }] = [
    'error',
    { patterns: [{ group, message }] },
  ];
  return { files: [files], rules: { 'no-restricted-imports': rule } };
}

const ofFolder = (folder: string, index: number) => {
  const lower = folders.slice(0, index);
  return restricted(
    `${folder}/**`,
    ['../**', ...lower.map((name) => `!../${name}/**`), '!../../test/**'],
    `${folder} imports only ${lower.join(', ') || 'no other folder'}.`,
  );
};

export default defineConfig({
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript reads the words of a JSON file as `string`
  extends: [service as unknown as OxlintConfig],
  rules: { 'import/no-cycle': ['error', { ignoreTypes: false }] },
  overrides: [
    // It comes first, because `*.ts` is every file, and the last rule for a file counts.
    restricted('*.ts', ['./commands/**'], 'Commands import the service, and the service no command.'),
    ...folders.map(ofFolder),
  ],
});
