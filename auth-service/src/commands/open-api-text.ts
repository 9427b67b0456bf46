import { loadDatabaseConfig } from '../config.ts';
import { buildService } from '../service.ts';

/** The API document as it is checked in. It depends on no setting: the service is built, but never started. */
export function openApiText(): string {
  const { openApi } = buildService(loadDatabaseConfig({ MONGODB_URL: 'mongodb://127.0.0.1' }));
  return `${JSON.stringify(openApi, null, 2)}\n`;
}
