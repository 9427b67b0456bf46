import { readFile } from 'node:fs/promises';
import type { z } from 'zod';

/** A JSON file as its schema says; undefined where there is no such file. */
export async function readJson<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}
