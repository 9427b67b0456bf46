import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeApi } from './describe-api.ts';

test('the checked-in API document is the one that the routes make (npm run openapi)', async () => {
  const stored = await readFile(new URL('../contracts/openapi.json', import.meta.url), 'utf8');
  expect(JSON.parse(stored)).toEqual(JSON.parse(JSON.stringify(describeApi())));
});
