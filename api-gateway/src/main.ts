import cluster from 'node:cluster';
import { runService } from 'service-kit/lifecycle';
import { loadConfig } from './config.ts';
import { buildService, NAME } from './service.ts';
import { buildPrimary } from './workers/primary.ts';
import { buildWorker } from './workers/worker.ts';

runService(NAME, () => {
  const config = loadConfig(process.env);
  if (config.workers === 1) return buildService(config);
  return cluster.isPrimary ? buildPrimary(config) : buildWorker(config);
});
