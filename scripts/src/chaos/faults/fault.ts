export const faultKinds = [
  'kill',
  'pause',
  'restart',
  'step-down',
  'close-connections',
  'memory-alarm',
  'unbind',
  'flush',
  'latency',
  'reset',
  'half-open',
  'cut',
  'duplicates',
  'reorder',
  'malformed',
  'clock-skew',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** One fault of a schedule. */
export interface PlannedFault {
  number: number;
  kind: FaultKind;
  target: string;
  /** After the start of the load, in milliseconds. */
  atMs: number;
  /** How long it lasts before it is undone, in milliseconds. */
  durationMs: number;
  /** How much of it: milliseconds of delay or skew, or messages. */
  amount: number;
}

/** A planned fault and its course. */
export interface InjectedFault {
  planned: PlannedFault;
  /** The process or link that it met: a role such as `mongodb-primary` is found out when it is time. */
  met: string;
  /** Unix milliseconds. */
  startedAt: number;
  /** When what it broke was whole again. */
  healedAt: number;
  /** Why it could not be done or undone. */
  trouble?: string;
}
