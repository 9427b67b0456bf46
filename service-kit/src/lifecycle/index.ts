export {
  createLifecycle,
  ShutdownTimeoutError,
  StoppedError,
  type Component,
  type Lifecycle,
  type LifecycleOptions,
  type ReadinessSwitch,
} from './lifecycle.ts';
export { EX_CONFIG, runService, type Service } from './run-service.ts';
