import { writeFile } from 'node:fs/promises';
import { describeApi } from './describe-api.ts';

// Writes the API document from the schemas of the routes; a test compares the two.
await writeFile(
  new URL('../contracts/openapi.json', import.meta.url),
  `${JSON.stringify(describeApi(), null, 2)}\n`,
);
