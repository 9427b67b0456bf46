import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerDefinition } from '../processes/server.ts';
import { broker, nameServer, type RabbitmqServerOptions } from './rabbitmq-server.ts';

export interface BrokerNode {
  port: number;
  distributionPort: number;
}

/** Several nodes that form one cluster. Start one after the other: each joins the nodes before it. */
export function rabbitmqCluster(
  options: Omit<RabbitmqServerOptions, 'port' | 'distributionPort' | 'cluster'>,
  nodes: readonly BrokerNode[],
): ServerDefinition[] {
  const home = join(options.directory, 'home');
  const names = nodes.map((_, index) => `laurel-${index + 1}@localhost`);
  const brokers = nodes.map((ports, index) => {
    const definition = broker({
      ...options,
      ...ports,
      directory: join(options.directory, String(index + 1)),
      cluster: { server: `rabbitmq-${index + 1}`, node: names[index] ?? '', nodes: names, home },
    });
    return {
      ...definition,
      spec: async () => {
        await mkdir(home, { recursive: true, mode: 0o700 });
        return definition.spec();
      },
    };
  });
  return [nameServer(options), ...brokers];
}
