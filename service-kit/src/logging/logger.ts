import type { Writable } from 'node:stream';
import winston from 'winston';
import { forLog } from './redact.ts';
import { standardOutput } from './standard-output.ts';

/** From the most urgent: ERROR means that somebody is woken. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Writes lines. An `error` in the fields may be an `Error`; it is written with its stack. */
export interface Logger {
  error(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  debug(message: string, fields?: object): void;
  /** A logger whose lines all have these fields as well. */
  child(fields: object): Logger;
}

export interface LoggerOptions {
  /** Name of the service, in every line. */
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
    // The message is the finished line: winston's own metadata would glue a field called "message" to it.
    format: winston.format.printf(({ message }) => String(message)),
    transports: [new winston.transports.Stream({ stream: destination, eol: '\n' })],
  });
  return new JsonLogger(output, service, logLevels.indexOf(level), {});
}

class JsonLogger implements Logger {
  readonly #output: winston.Logger;
  readonly #service: string;
  readonly #most: number;
  readonly #fields: object;

  constructor(output: winston.Logger, service: string, most: number, fields: object) {
    this.#output = output;
    this.#service = service;
    this.#most = most;
    this.#fields = fields;
  }

  error(message: string, fields?: object): void {
    this.#write(0, message, fields);
  }

  warn(message: string, fields?: object): void {
    this.#write(1, message, fields);
  }

  info(message: string, fields?: object): void {
    this.#write(2, message, fields);
  }

  debug(message: string, fields?: object): void {
    this.#write(3, message, fields);
  }

  child(fields: object): Logger {
    return new JsonLogger(this.#output, this.#service, this.#most, { ...this.#fields, ...fields });
  }

  #write(index: number, message: string, fields: object | undefined): void {
    if (index > this.#most) return;
    const level = logLevels[index] ?? 'error';
    const head = { timestamp: new Date().toISOString(), level, service: this.#service, message };
    this.#output.log(level, jsonLine(head, { ...this.#fields, ...fields }));
  }
}

function jsonLine(head: object, fields: object): string {
  try {
    return JSON.stringify({ ...head, ...fields, ...head }, forLog);
  } catch (error) {
    // A cycle, or a getter that throws: the event matters more than its fields.
    return JSON.stringify({ ...head, unloggable: String(error) });
  }
}
