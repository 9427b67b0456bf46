import { optional, url, urlList } from '../config/index.ts';

const PROTOCOLS = ['amqp', 'amqps'] as const;

/**
 * The variables for the address of the broker. `RABBITMQ_URLS` lists the nodes of a cluster, separated by commas;
 * without it `RABBITMQ_URL` is the address of the only node.
 */
export function brokerVariables(env: NodeJS.ProcessEnv) {
  const one = url({ protocols: PROTOCOLS });
  return {
    RABBITMQ_URLS: optional(urlList({ protocols: PROTOCOLS })),
    RABBITMQ_URL: env['RABBITMQ_URLS']?.trim() ? optional(one) : one,
  };
}

/** @returns the nodes, from the parsed {@link brokerVariables} */
export function brokerUrls(values: {
  RABBITMQ_URLS?: string[] | undefined;
  RABBITMQ_URL?: string | undefined;
}): string[] {
  return values.RABBITMQ_URLS ?? [values.RABBITMQ_URL ?? ''];
}
