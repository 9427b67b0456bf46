import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createMessageContracts } from '../publish/message-contracts.ts';
import { createRouteTable } from '../routing/route-table.ts';
import { parseRoutes } from '../routing/routes-file.ts';
import { gatewayDocument, packageVersion } from './gateway-document.ts';
import { publishedPaths } from './published-paths.ts';

it('the committed document is up to date', () => {
  const checkedIn: unknown = JSON.parse(readFileSync('contracts/openapi.json', 'utf8'));
  const table = createRouteTable(parseRoutes(readFileSync('routes.yaml', 'utf8'), () => undefined));
  const published = publishedPaths(table, createMessageContracts());
  expect(checkedIn).toEqual(JSON.parse(JSON.stringify(gatewayDocument(packageVersion(), published))));
});
