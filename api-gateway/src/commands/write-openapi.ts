import { readFile, writeFile } from 'node:fs/promises';
import { routesFileOf } from '../config.ts';
import { gatewayDocument, packageVersion } from '../docs/gateway-document.ts';
import { publishedPaths } from '../docs/published-paths.ts';
import { createMessageContracts } from '../publish/message-contracts.ts';
import { createRouteTable } from '../routing/route-table.ts';
import { parseRoutes } from '../routing/routes-file.ts';

// Writes the gateway's own part. At run time the services' documents are merged into it.
const table = createRouteTable(parseRoutes(await readFile(routesFileOf({}), 'utf8'), () => undefined));
const document = gatewayDocument(packageVersion(), publishedPaths(table, createMessageContracts()));
await writeFile(
  new URL('../../contracts/openapi.json', import.meta.url),
  `${JSON.stringify(document, null, 2)}\n`,
);
