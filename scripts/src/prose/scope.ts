/** Folders whose TypeScript comments are read. */
export const commentFolders: readonly string[] = [
  'scripts/src/backing-services/',
  'scripts/src/processes/',
  'scripts/src/supervisor/',
  'scripts/src/system/',
  'scripts/src/repository/',
  'scripts/src/console/',
  'scripts/src/toolchain/',
  'scripts/src/cli/',
  'scripts/src/operate/',
  'scripts/src/test-run/',
  'scripts/src/checks/',
  'scripts/src/demo/',
  'scripts/src/client/',
  'scripts/src/browser/',
  'scripts/src/generated-files/',
  'scripts/src/new-service/',
  'api-gateway/',
  'auth-service/',
  'service-kit/',
  'game-event-service/',
  'scripts/src/prose/',
];

/** Markdown files and contracts that are not read yet. */
export const unreadTexts: readonly string[] = [];
