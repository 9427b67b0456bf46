import { readFile, writeFile } from 'node:fs/promises';
import { routesFileOf } from './config.ts';
import { gatewayDocument } from './docs/gateway-document.ts';
import { packageVersion } from './docs/package-version.ts';
import { publishedPaths } from './docs/published-paths.ts';
import { createMessageContracts } from './publish/message-contracts.ts';
import { createRouteTable } from './routing/route-table.ts';
import { parseRoutes } from './routing/routes-file.ts';

// The gateway's own part; what it serves has the services' documents in it as well.
const table = createRouteTable(parseRoutes(await readFile(routesFileOf({}), 'utf8'), () => undefined));
const document = gatewayDocument(packageVersion(), publishedPaths(table, createMessageContracts()));
await writeFile(
  new URL('../contracts/openapi.json', import.meta.url),
  `${JSON.stringify(document, null, 2)}\n`,
);
