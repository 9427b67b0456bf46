import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import type { Route } from './route.ts';
import { createRouteTable, type RouteTable } from './route-table.ts';
import { parseRoutes, RoutesFileError } from './routes-file.ts';

/** The table in force, replaced whole. A request keeps the entry it was matched with. */
export interface LiveRouteTable {
  current(): RouteTable;
  /** Reads the file again; a bad one is logged and the table in force stays. */
  reload(): Promise<void>;
  /** Reloads on SIGHUP and when the file changes. */
  component: Component;
}

export interface LiveRouteTableOptions {
  file: string;
  /** What keeps an entry from being served here (an address or a signing key that is not set). */
  requires: (route: Route) => string | undefined;
  /** Multiplies every rate limit. Default 1. */
  rateLimitScale?: number;
  logger: Logger;
  pollMs?: number;
}

/** @throws RoutesFileError where the first table is bad: a gateway never starts on it */
export async function loadLiveRouteTable(options: LiveRouteTableOptions): Promise<LiveRouteTable> {
  const { file, requires, rateLimitScale, logger, pollMs = 500 } = options;
  let text = await readRoutesFile(file);
  let table = createRouteTable(parseRoutes(text, requires, rateLimitScale));

  async function reload(): Promise<void> {
    try {
      const next = await readRoutesFile(file);
      if (next === text) return;
      table = createRouteTable(parseRoutes(next, requires, rateLimitScale));
      text = next;
      logger.info('routing table reloaded', { file, routes: table.routes.length });
    } catch (error) {
      if (!(error instanceof RoutesFileError)) throw error;
      logger.error('routing table refused, the old one stays', { file, problems: error.problems });
    }
  }

  const reloadInBackground = () => {
    reload().catch((error: unknown) => logger.error('routing table could not be reloaded', { file, error }));
  };
  // Looking at the file itself, not its folder, also sees a symbolic link that was swung to another file.
  const onStat = (now: { mtimeMs: number; ino: number }, before: { mtimeMs: number; ino: number }) => {
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) reloadInBackground();
  };

  return {
    current: () => table,
    reload,
    component: {
      name: 'routing table',
      async start() {
        process.on('SIGHUP', reloadInBackground);
        watchFile(file, { interval: pollMs, persistent: false }, onStat);
      },
      async stop() {
        process.off('SIGHUP', reloadInBackground);
        unwatchFile(file, onStat);
      },
    },
  };
}

async function readRoutesFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new RoutesFileError([`${file} cannot be read (${reason})`]);
  }
}
