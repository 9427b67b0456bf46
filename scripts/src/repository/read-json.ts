import { readFile } from 'node:fs/promises';
import type { z } from 'zod';

/** Reads a JSON file with a schema; undefined if the file is missing. */
export async function readJson<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}
