export { createAdminServer, type AdminServerOptions } from './admin-server.ts';
export { createMetrics } from './metrics.ts';
export {
  createReadiness,
  isReady,
  type CheckResult,
  type Readiness,
  type ReadinessCheck,
  type ReadinessReport,
} from '../lifecycle/readiness.ts';
