/** Folders whose TypeScript comments are read. */
export const commentFolders: readonly string[] = [
  'auth-service/',
  'game-event-service/',
  'scripts/src/prose/',
];

/** Markdown files and contracts that are not read yet. */
export const unreadTexts: readonly string[] = [
  'api-gateway/',
  'infra/README.md',
  'scripts/README.md',
  'service-kit/',
];
