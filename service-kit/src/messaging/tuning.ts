import { durationList, integer, oneOf, optional, type Duration } from '../config/index.ts';
import { variable, type Variable } from '../config/variable.ts';
import { PREFETCH_RANGE } from './auto-prefetch.ts';
import type { QueueTopology } from './topology.ts';

/** Settings of a queue's consumers in this process. */
export interface ConsumerTuning {
  /** Maximum number of unacknowledged deliveries of one consumer; `auto` adapts it to the load. */
  prefetch: number | 'auto';
  /** Number of consumers, each with a channel of its own. */
  consumers: number;
  /** Maximum number of messages in one transaction. */
  batchSize: number;
  /** How long a batch that is not full waits for more, in milliseconds. */
  batchLingerMs: number;
  retryDelays: readonly Duration[];
  queueType: QueueTopology['type'];
  deliveryLimit: number;
}

type Setting = {
  [Name in keyof ConsumerTuning]: {
    name: string;
    schema: Variable<ConsumerTuning[Name]>;
    fallback: ConsumerTuning[Name];
  };
};

/** Ranges of the settings, at the start and in a running process. */
export const TUNING_RANGES = {
  consumers: { min: 1, max: 64 },
  batchSize: { min: 1, max: 1_000 },
  batchLingerMs: { min: 0, max: 1_000 },
} as const;

/** Each setting with its variable: without a prefix for all queues, with a prefix for one queue. */
const SETTINGS: Setting = {
  prefetch: { name: 'PREFETCH', schema: prefetch(), fallback: 'auto' },
  consumers: { name: 'CONSUMERS', schema: integer(TUNING_RANGES.consumers), fallback: 1 },
  batchSize: { name: 'BATCH_SIZE', schema: integer(TUNING_RANGES.batchSize), fallback: 200 },
  batchLingerMs: { name: 'BATCH_LINGER_MS', schema: integer(TUNING_RANGES.batchLingerMs), fallback: 5 },
  retryDelays: {
    name: 'RETRY_DELAYS',
    schema: durationList(),
    fallback: [
      { label: '5s', ms: 5_000 },
      { label: '30s', ms: 30_000 },
      { label: '2m', ms: 120_000 },
      { label: '10m', ms: 600_000 },
    ],
  },
  queueType: { name: 'QUEUE_TYPE', schema: oneOf(['quorum', 'classic']), fallback: 'quorum' },
  deliveryLimit: { name: 'DELIVERY_LIMIT', schema: integer({ min: 1, max: 1_000 }), fallback: 20 },
};

function prefetch(): Variable<number | 'auto'> {
  const { min, max } = PREFETCH_RANGE;
  const number = integer(PREFETCH_RANGE);
  return variable<number | 'auto'>({
    rule: `auto, or a whole number from ${min} to ${max}`,
    parse: (text) => (text === 'auto' ? 'auto' : number.safeParse(text).data),
    showable: true,
  });
}

/** The variables of outbox and inbox. */
export const outboxVariables = {
  OUTBOX_BATCH: integer({ min: 1, max: 5_000, fallback: 200 }),
  OUTBOX_WINDOW: integer({ min: 1, max: 10_000, fallback: 500 }),
  OUTBOX_LEASE_MS: integer({ min: 1_000, max: 600_000, fallback: 30_000 }),
};

/**
 * The variables that tune consumers, for `parseEnv`: `PREFETCH`, `CONSUMERS`, `BATCH_SIZE`, `BATCH_LINGER_MS`,
 * `RETRY_DELAYS`, `QUEUE_TYPE` and `DELIVERY_LIMIT`, without a prefix for all queues and with each prefix for one
 * (`REWARD_REQUESTS_PREFETCH`).
 */
export function consumerVariables(prefixes: readonly string[]): Record<string, Variable<unknown>> {
  const shape: Record<string, Variable<unknown>> = {};
  for (const { name, schema } of Object.values(SETTINGS)) {
    for (const variableName of [name, ...prefixes.map((prefix) => `${prefix}_${name}`)]) {
      shape[variableName] = optional<unknown>(schema);
    }
  }
  return shape;
}

/**
 * @param values the parsed {@link consumerVariables}
 * @returns the tuning of one queue: its own variable, else the general one, else the default
 */
export function consumerTuning(values: Readonly<Record<string, unknown>>, prefix: string): ConsumerTuning {
  const entries = Object.entries(SETTINGS).map(([setting, { name, fallback }]) => [
    setting,
    values[`${prefix}_${name}`] ?? values[name] ?? fallback,
  ]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value was parsed by its setting's schema
  return Object.fromEntries(entries) as ConsumerTuning;
}
