import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import type { Route } from './route.ts';
import { createRouteTable, type RouteTable } from './route-table.ts';
import { parseRoutes, RoutesFileError } from './routes-file.ts';

/** The current table. A reload replaces it as a whole; a request keeps the route that it was matched with. */
export interface LiveRouteTable {
  current(): RouteTable;
  /** Reads the file again. A bad file is logged, and the current table stays. */
  reload(): Promise<void>;
  /** Reloads on SIGHUP and when the file changes. */
  component: Component;
}

export interface LiveRouteTableDeps {
  file: string;
  /** Returns what keeps a route from being served here, such as an address that is not set. */
  problemOf: (route: Route) => string | undefined;
  /** Multiplies every rate limit. Default 1. */
  rateLimitScale?: number;
  logger: Logger;
  pollMs?: number;
}

/** @throws RoutesFileError if the first table is bad: a gateway never starts with it */
export async function loadLiveRouteTable(deps: LiveRouteTableDeps): Promise<LiveRouteTable> {
  const { file, problemOf, rateLimitScale, logger, pollMs = 500 } = deps;
  let text = await readRoutesFile(file);
  let table = createRouteTable(parseRoutes(text, problemOf, rateLimitScale));

  async function reload(): Promise<void> {
    try {
      const next = await readRoutesFile(file);
      if (next === text) return;
      table = createRouteTable(parseRoutes(next, problemOf, rateLimitScale));
      text = next;
      logger.info('Routing table reloaded', { file, routes: table.routes.length });
    } catch (error) {
      if (!(error instanceof RoutesFileError)) throw error;
      logger.error('Routing table invalid, the old one stays', { file, problems: error.problems });
    }
  }

  const reloadInBackground = () => {
    reload().catch((error: unknown) => logger.error('Routing table not reloaded', { file, error }));
  };
  // Watches the file, not its folder, and so notices a symbolic link that now leads to another file.
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
