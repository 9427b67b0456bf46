import type { FaultKind } from './fault.ts';

/** The names of everything that faults can meet. */
export interface Targets {
  services: readonly string[];
  /** Those of the services whose clock may differ. */
  skewable: readonly string[];
  brokers: readonly string[];
  links: readonly string[];
  workQueues: readonly string[];
}

export const PRIMARY = 'mongodb-primary';
export const SECONDARY = 'mongodb-secondary';
export const REDIS = 'redis';
/** Any node will do. */
export const BROKER = 'rabbitmq';

type Range = readonly [least: number, most: number];

export interface FaultDefinition {
  weight: number;
  targets: (targets: Targets) => readonly string[];
  /** How long it lasts, in seconds. */
  seconds?: Range;
  /** Milliseconds of delay or skew, or messages. */
  amount?: Range;
}

const stores = [PRIMARY, PRIMARY, SECONDARY, REDIS];
const everyProcess = ({ services, brokers }: Targets): string[] => [...services, ...stores, ...brokers];

export const catalogue: Record<FaultKind, FaultDefinition> = {
  kill: { weight: 14, targets: everyProcess, seconds: [0.5, 6] },
  pause: { weight: 10, targets: everyProcess, seconds: [5, 20] },
  restart: { weight: 6, targets: ({ services, brokers }) => [...services, PRIMARY, ...brokers] },
  'step-down': { weight: 5, targets: () => [PRIMARY] },
  'close-connections': { weight: 5, targets: () => [BROKER] },
  'memory-alarm': { weight: 4, targets: ({ brokers }) => brokers, seconds: [3, 12] },
  unbind: { weight: 6, targets: ({ workQueues }) => workQueues, seconds: [3, 10] },
  flush: { weight: 3, targets: () => [REDIS] },
  latency: { weight: 5, targets: ({ links }) => links, seconds: [4, 15], amount: [20, 400] },
  reset: { weight: 5, targets: ({ links }) => links },
  'half-open': { weight: 5, targets: ({ links }) => links, seconds: [5, 20] },
  cut: { weight: 5, targets: ({ links }) => links, seconds: [2, 12] },
  duplicates: { weight: 6, targets: () => [BROKER], amount: [50, 400] },
  reorder: { weight: 5, targets: ({ workQueues }) => workQueues, seconds: [2, 6] },
  malformed: { weight: 4, targets: ({ workQueues }) => workQueues, amount: [2, 8] },
  // Within the 60 seconds that a request's signature is good for.
  'clock-skew': {
    weight: 3,
    targets: ({ skewable }) => skewable,
    seconds: [10, 30],
    amount: [-30_000, 30_000],
  },
};
