import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { rateLimitScaleOf, routesFileOf } from '../config.ts';
import { createMessageContracts } from '../publish/message-contracts.ts';
import { explainRequest, printRoutes } from '../routing/explain-routes.ts';
import type { Route } from '../routing/route.ts';
import { createRouteTable } from '../routing/route-table.ts';
import { parseRoutes, RoutesFileError } from '../routing/routes-file.ts';

const EXIT_BAD_ROUTES = 1;

const { values } = parseArgs({ options: { explain: { type: 'string' }, file: { type: 'string' } } });
const file = values.file ?? routesFileOf(process.env);

try {
  const contracts = createMessageContracts();
  const problemOf = ({ publish }: Route) => publish && contracts.problemOf(publish.schema);
  const table = createRouteTable(
    parseRoutes(readFileSync(file, 'utf8'), problemOf, rateLimitScaleOf(process.env)),
  );
  const answer = values.explain === undefined ? printRoutes(table) : explainRequest(table, values.explain);
  process.stdout.write(`${answer}\n`);
} catch (error) {
  const isBadFile = error instanceof RoutesFileError;
  const problems = isBadFile ? error.problems : [error instanceof Error ? error.message : String(error)];
  process.stderr.write(`${file}:\n${problems.map((problem) => `  ${problem}\n`).join('')}`);
  process.exitCode = EXIT_BAD_ROUTES;
}
