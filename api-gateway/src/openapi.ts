import { writeFile } from 'node:fs/promises';
import { gatewayDocument } from './docs/gateway-document.ts';
import { packageVersion } from './docs/package-version.ts';

// The gateway's own part; what it serves has the services' documents in it as well.
await writeFile(
  new URL('../contracts/openapi.json', import.meta.url),
  `${JSON.stringify(gatewayDocument(packageVersion()), null, 2)}\n`,
);
