import { rabbitmqctl } from '../broker/rabbitmqctl.ts';
import type { ApplyFault } from './world.ts';

const USUAL_WATERMARK = '0.4';
const REACHED_WATERMARK = '0.0001';

export const closeConnections: ApplyFault = async (_, { broker }) => {
  const [node] = broker.nodes;
  if (!node) throw new Error('there is no broker');
  await rabbitmqctl(node, 'close_all_connections', '--global', 'Closed by a fault test');
  return { met: 'every connection' };
};

/** RabbitMQ blocks publishers while the alarm lasts. */
export const memoryAlarm: ApplyFault = async ({ target }, { broker }) => {
  const node = broker.nodes.find(({ name }) => name === target);
  if (!node) throw new Error(`there is no broker ${target}`);
  const setWatermark = async (part: string): Promise<void> => {
    await rabbitmqctl(node, 'set_vm_memory_high_watermark', part);
  };
  await setWatermark(REACHED_WATERMARK);
  return { met: node.name, undo: () => setWatermark(USUAL_WATERMARK) };
};

/** No queue takes the messages: they must return to their outboxes and stay there. */
export const unbind: ApplyFault = async ({ target: queue }, { broker }) => {
  const bindings = (await broker.bindings()).filter((binding) => binding.queue === queue);
  if (bindings.length === 0) throw new Error(`${queue} is not bound`);
  await broker.withChannel(async (channel) => {
    for (const { exchange, routingKey } of bindings) await channel.unbindQueue(queue, exchange, routingKey);
  });
  return {
    met: `${bindings.length} bindings of ${queue}`,
    undo: () =>
      broker.withChannel(async (channel) => {
        for (const { exchange, routingKey } of bindings) await channel.bindQueue(queue, exchange, routingKey);
      }),
  };
};
