import type { Writable } from 'node:stream';
import winston from 'winston';
import { forLog } from './redact.ts';
import { standardOutput } from './standard-output.ts';

/** From the most urgent. An error wakes an operator. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Writes lines. A field may be an `Error`, which is written with its stack. */
export interface Logger {
  error(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  debug(message: string, fields?: object): void;
  /** A logger that adds these fields to its lines. */
  child(fields: object): Logger;
}

export interface LoggerOptions {
  /** Name of the service, written in every line. */
  service: string;
  level: LogLevel;
  /** Default: standard output. */
  destination?: Writable;
}

/**
 * Makes a logger that writes one JSON object a line: `timestamp`, `level`, `service`, `message`, then the fields.
 * Values of keys that look like secrets are hidden at any depth.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { service, level, destination = standardOutput() } = options;
  const output = winston.createLogger({
    level,
    levels: Object.fromEntries(logLevels.map((name, index) => [name, index])),
    defaultMeta: { service },
    format: winston.format.combine(winston.format.timestamp(), jsonLine),
    transports: [new winston.transports.Stream({ stream: destination, eol: '\n' })],
  });
  // winston formats lines of every level and drops them afterwards, so the level is checked before.
  const written = new Set(logLevels.slice(0, logLevels.indexOf(level) + 1));
  return new JsonLogger(output, written, {});
}

const jsonLine = winston.format.printf(({ timestamp, level, service, message, fields }) => {
  const head = { timestamp, level, service, message };
  try {
    return JSON.stringify({ ...head, ...(typeof fields === 'object' && fields), ...head }, forLog);
  } catch (error) {
    // A cycle, or a getter that throws: the event matters more than its fields.
    return JSON.stringify({ ...head, unloggable: String(error) });
  }
});

class JsonLogger implements Logger {
  readonly #output: winston.Logger;
  readonly #written: ReadonlySet<LogLevel>;
  readonly #fields: object;

  constructor(output: winston.Logger, written: ReadonlySet<LogLevel>, fields: object) {
    this.#output = output;
    this.#written = written;
    this.#fields = fields;
  }

  error(message: string, fields?: object): void {
    this.#write('error', message, fields);
  }

  warn(message: string, fields?: object): void {
    this.#write('warn', message, fields);
  }

  info(message: string, fields?: object): void {
    this.#write('info', message, fields);
  }

  debug(message: string, fields?: object): void {
    this.#write('debug', message, fields);
  }

  child(fields: object): Logger {
    return new JsonLogger(this.#output, this.#written, { ...this.#fields, ...fields });
  }

  #write(level: LogLevel, message: string, fields: object | undefined): void {
    if (!this.#written.has(level)) return;
    // The fields stay in one member: winston would append a field called "message" to the message.
    this.#output.log({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
