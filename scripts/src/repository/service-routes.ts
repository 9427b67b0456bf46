import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { z } from 'zod';
import { gateway, packageDirectory, services } from './packages.ts';

const RoutesFile = z.looseObject({ routes: z.array(z.unknown()) });

/** The gateway's routing table with the entries of the services that bring their own; undefined where none does. */
export function routesWithServices(): string | undefined {
  const files = services.flatMap(({ name, routes }) =>
    routes ? [join(packageDirectory(name), routes)] : [],
  );
  if (files.length === 0) return undefined;
  const table = parseDocument(readFileSync(join(packageDirectory(gateway.name), 'routes.yaml'), 'utf8'));
  for (const file of files) {
    const { routes } = RoutesFile.parse(parse(readFileSync(file, 'utf8')));
    for (const route of routes) table.addIn(['routes'], route);
  }
  return table.toString({ lineWidth: 0 });
}
