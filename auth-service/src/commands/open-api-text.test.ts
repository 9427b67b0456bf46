import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { openApiText } from './open-api-text.ts';

it('the checked-in API document is the one that the routes make (npm run openapi)', async () => {
  const stored = await readFile(new URL('../../contracts/openapi.json', import.meta.url), 'utf8');
  expect(stored).toBe(openApiText());
});
