import { z } from 'zod';
import { DomainError } from '../http/domain-error.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { reply } from '../http/send.ts';
import { PREFETCH_RANGE } from './auto-prefetch.ts';
import type { ConsumerState, QueueConsumer } from './queue-consumer.ts';
import { TUNING_RANGES } from './tuning.ts';

const whole = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max);

const ConsumerChange = z
  .strictObject({
    prefetch: z.union([z.literal('auto'), whole(PREFETCH_RANGE)]),
    consumers: whole(TUNING_RANGES.consumers),
    batchSize: whole(TUNING_RANGES.batchSize),
    batchLingerMs: whole(TUNING_RANGES.batchLingerMs),
    paused: z.boolean(),
  })
  .partial();

const ConsumerState = z.object({
  queue: z.string(),
  prefetch: z.union([z.literal('auto'), z.int()]),
  prefetchInForce: z.int(),
  consumers: z.int(),
  batchSize: z.int(),
  batchLingerMs: z.int(),
  paused: z.boolean(),
  inHand: z.int(),
  longestBatchMs: z.number(),
}) satisfies z.ZodType<ConsumerState>;

/** Endpoints of the admin port that show the consumers of this process, and change them while they run. */
export function consumerControls(consumers: readonly QueueConsumer[]): Endpoint[] {
  const list = defineEndpoint({
    method: 'GET',
    path: '/consumers',
    operationId: 'listConsumers',
    summary: 'The consumers of this process',
    tag: 'consumers',
    access: 'unsigned',
    responses: { 200: { description: 'Every consumer', body: z.object({ items: z.array(ConsumerState) }) } },
    handle: async () => reply(200, { items: consumers.map((consumer) => consumer.state()) }),
  });
  const change = defineEndpoint({
    method: 'PATCH',
    path: '/consumers/{queue}',
    operationId: 'changeConsumer',
    summary: 'Changes a consumer until the process ends',
    tag: 'consumers',
    access: 'unsigned',
    request: { params: z.object({ queue: z.string() }), body: ConsumerChange },
    responses: { 200: { description: 'The changed consumer', body: ConsumerState } },
    problems: ['not_found'],
    handle: async ({ params, body }) => {
      const consumer = consumers.find((each) => each.state().queue === params.queue);
      if (!consumer) throw new DomainError('not_found', 'This process does not consume that queue');
      consumer.change(body);
      return reply(200, consumer.state());
    },
  });
  return [list, change];
}
