import { writeFileSync } from 'node:fs';
import { openApiText } from './open-api-text.ts';

writeFileSync(new URL('../../contracts/openapi.json', import.meta.url), openApiText());
