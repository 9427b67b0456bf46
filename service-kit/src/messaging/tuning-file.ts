import { readFile } from 'node:fs/promises';
import { parseEnv as parseEnvFile } from 'node:util';
import { parseEnv } from '../config/index.ts';
import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import type { QueueConsumer } from './queue-consumer.ts';
import { consumerTuning, consumerVariables } from './tuning.ts';

export interface TuningFileOptions {
  /** A file of `NAME=value` lines (`TUNING_FILE`). It overrides the environment. */
  path: string;
  env: NodeJS.ProcessEnv;
  /** The consumers by the prefix of their variables. */
  consumers: Readonly<Record<string, QueueConsumer>>;
  logger: Logger;
}

/** Reads the tuning file again at each SIGHUP. An unreadable or invalid file changes nothing. */
export function createTuningFile(options: TuningFileOptions): Component {
  const { path, env, consumers, logger } = options;
  const prefixes = Object.keys(consumers);

  async function reread(): Promise<void> {
    try {
      const file = parseEnvFile(await readFile(path, 'utf8'));
      const values = parseEnv({ ...env, ...file }, consumerVariables(prefixes));
      for (const [prefix, consumer] of Object.entries(consumers)) {
        const { prefetch, consumers: count, batchSize, batchLingerMs } = consumerTuning(values, prefix);
        consumer.change({ prefetch, consumers: count, batchSize, batchLingerMs });
      }
    } catch (error) {
      logger.error('Tuning file ignored', { path, error });
    }
  }
  const onSignal = (): void => void reread();

  return {
    name: 'tuning file',
    start: async () => void process.on('SIGHUP', onSignal),
    stop: async () => void process.off('SIGHUP', onSignal),
  };
}
