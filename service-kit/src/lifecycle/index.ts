export { fullJitter, type Backoff } from './full-jitter.ts';
export {
  createLifecycle,
  ShutdownTimeoutError,
  StoppedError,
  type Component,
  type Lifecycle,
  type LifecycleOptions,
  type ReadinessSwitch,
} from './lifecycle.ts';
export { createPeriodic, type PeriodicOptions } from './periodic.ts';
export { EX_CONFIG, runService, type Service } from './run-service.ts';
