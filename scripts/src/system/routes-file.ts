import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../repository/cache.ts';
import { routesWithServices } from '../repository/service-routes.ts';

/** The setting that gives the gateway the routes of services that bring their own; empty where none does. */
export function routesSetting(): { ROUTES_FILE?: string } {
  const text = routesWithServices();
  if (text === undefined) return {};
  // Named for its content, because systems of several checkouts share the folder.
  const directory = join(cacheDirectory(), 'routes');
  const file = join(directory, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.yaml`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, text);
  return { ROUTES_FILE: file };
}
