import { z } from 'zod';

const json = z.record(z.string(), z.unknown());

/** The parts of an OpenAPI 3.1 document that merging needs. Other parts pass unchanged. */
const openApiDocument = z.looseObject({
  openapi: z.string().regex(/^3\.1\./, 'must be OpenAPI 3.1'),
  tags: z.array(z.looseObject({ name: z.string() })).default([]),
  paths: z.record(z.string().startsWith('/'), json).default({}),
  components: z.record(z.string(), json).default({}),
});

export type OpenApiDocument = z.output<typeof openApiDocument>;

/** The API document of one service. */
export interface ServiceDocument {
  service: string;
  document: OpenApiDocument;
}

/** @throws if it is not an OpenAPI 3.1 document */
export function parseDocument(value: unknown): OpenApiDocument {
  return openApiDocument.parse(value);
}
