export { createLogger, logLevels, type Logger, type LoggerOptions, type LogLevel } from './logger.ts';
