/** Folders whose TypeScript comments are read. */
export const commentFolders: readonly string[] = [
  'api-gateway/',
  'auth-service/',
  'game-event-service/',
  'scripts/',
  'service-kit/',
];
