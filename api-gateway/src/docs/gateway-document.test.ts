import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { gatewayDocument } from './gateway-document.ts';
import { packageVersion } from './package-version.ts';

test('the document that is checked in is up to date', () => {
  const checkedIn: unknown = JSON.parse(readFileSync('contracts/openapi.json', 'utf8'));
  expect(checkedIn).toEqual(JSON.parse(JSON.stringify(gatewayDocument(packageVersion()))));
});
