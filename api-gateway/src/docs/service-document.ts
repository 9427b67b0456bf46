import { z } from 'zod';

const json = z.record(z.string(), z.unknown());

/** As much of an OpenAPI 3.1 document as merging needs; the rest passes as it is. */
const openApiDocument = z.looseObject({
  openapi: z.string().regex(/^3\.1\./, 'must be OpenAPI 3.1'),
  tags: z.array(z.looseObject({ name: z.string() })).default([]),
  paths: z.record(z.string().startsWith('/'), json).default({}),
  components: z.record(z.string(), json).default({}),
});

export type OpenApiDocument = z.output<typeof openApiDocument>;

/** What one service says of itself. */
export interface ServiceDocument {
  service: string;
  document: OpenApiDocument;
}

/** @throws for anything that is not an OpenAPI 3.1 document */
export function parseDocument(value: unknown): OpenApiDocument {
  return openApiDocument.parse(value);
}
