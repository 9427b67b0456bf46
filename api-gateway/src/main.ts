import { runService } from 'service-kit/lifecycle';
import { loadConfig } from './config.ts';
import { buildService } from './service.ts';

runService('api-gateway', () => buildService(loadConfig(process.env)));
