import type { ServiceName } from '../repository/packages.ts';
import type { FaultKind, PlannedFault } from './faults/fault.ts';

/** The settings of a run. */
export interface ChaosPlan {
  seed: number;
  durationMs: number;
  kinds: readonly FaultKind[];
  /** From the start of one fault to that of the next, on average. */
  gapMs: number;
  /** Faults meet only targets whose names contain this. */
  on?: string;
  /** These faults, in place of those that the seed draws of the kinds. */
  aimed?: readonly PlannedFault[];
  brokerNodes: number;
  /** Operations begun each second. */
  rate: number;
  /** Where a service is run from, if not from its folder here. */
  folders?: Partial<Record<ServiceName, string>>;
  /** More environment variables for the processes of a service. */
  variables?: Partial<Record<ServiceName, Record<string, string>>>;
  /** The directory for the logs of every process. */
  logs?: string;
}

export const RATE = 200;
export const GAP_MS = 5_750;
