import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The gateway's version, which is that of the API as a whole. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
