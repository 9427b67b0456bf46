import { loadConfig } from '../config.ts';
import { buildService } from '../service.ts';

/** The API document as it is checked in. It depends on no setting: the service is built, but never started. */
export function openApiText(): string {
  const { openApi } = buildService(
    loadConfig({
      MONGODB_URL: 'mongodb://127.0.0.1',
      REDIS_URL: 'redis://127.0.0.1',
      RABBITMQ_URL: 'amqp://127.0.0.1',
      GATEWAY_SIGNING_KEYS: `none:${'0'.repeat(32)}`,
    }),
  );
  return `${JSON.stringify(openApi, null, 2)}\n`;
}
