import { optional, url, urlList } from '../config/index.ts';

const PROTOCOLS = ['amqp', 'amqps'] as const;

/**
 * The variables that say where the broker is: `RABBITMQ_URLS` names the nodes of a cluster, separated by commas;
 * without it `RABBITMQ_URL` names the only one.
 */
export function brokerVariables(env: NodeJS.ProcessEnv) {
  const one = url({ protocols: PROTOCOLS });
  return {
    RABBITMQ_URLS: optional(urlList({ protocols: PROTOCOLS })),
    RABBITMQ_URL: env['RABBITMQ_URLS']?.trim() ? optional(one) : one,
  };
}

/** @returns the nodes out of what `parseEnv` made of {@link brokerVariables} */
export function brokerUrls(values: {
  RABBITMQ_URLS?: string[] | undefined;
  RABBITMQ_URL?: string | undefined;
}): string[] {
  return values.RABBITMQ_URLS ?? [values.RABBITMQ_URL ?? ''];
}
