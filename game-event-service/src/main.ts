import { runService } from 'service-kit/lifecycle';
import { loadConfig } from './config.ts';
import { buildService } from './service.ts';

runService('game-event-service', () => buildService(loadConfig(process.env)));
