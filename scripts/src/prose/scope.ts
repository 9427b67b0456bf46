/** Folders whose TypeScript comments are read. */
export const commentFolders: readonly string[] = ['scripts/src/prose/'];

/** Markdown files and contracts that are not read yet. */
export const unreadTexts: readonly string[] = [
  'README.md',
  'api-gateway/',
  'auth-service/',
  'docs/adr/',
  'docs/glossary.md',
  'docs/performance.md',
  'docs/reliability.md',
  'docs/security.md',
  'docs/tuning.md',
  'game-event-service/',
  'infra/contracts/',
  'infra/README.md',
  'scripts/README.md',
  'service-kit/',
];
