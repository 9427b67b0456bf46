import { z } from 'zod';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const Operation = z.looseObject({
  operationId: z.string(),
  requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({})) }).optional(),
});
const PathItem = z.looseObject(Object.fromEntries(METHODS.map((method) => [method, Operation.optional()])));

/** As much of an OpenAPI document as is looked at here. */
export const ApiDocument = z.looseObject({ paths: z.record(z.string(), PathItem) });
export type ApiDocument = z.infer<typeof ApiDocument>;

/** What makes an operation succeed: values of parameters, as `path.id`, and a body. */
export interface Hint {
  parameters?: Record<string, string>;
  body?: unknown;
}

/** By `operationId`. */
export type Hints = Record<string, Hint>;

/** The document with a body for everything that is to succeed with it, and without types that cannot be sent. */
export function withBodies(document: ApiDocument, hints: Hints): ApiDocument {
  const copy = structuredClone(document);
  for (const { operation } of operationsOf(copy)) {
    const content = operation.requestBody?.content ?? {};
    for (const type of Object.keys(content)) if (type.endsWith('ndjson')) delete content[type];
    const body = hints[operation.operationId]?.body;
    if (body !== undefined) for (const each of Object.values(content)) each['example'] = body;
  }
  return copy;
}

/** @returns the `operationId` of what is asked for, undefined for nothing that there is */
export function operationFinder(
  document: ApiDocument,
): (method: string, target: string) => string | undefined {
  const known = operationsOf(document)
    .map(({ path, method, operation }) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/?]+')}(?:\\?|$)`),
      isExact: !path.includes('{'),
      operationId: operation.operationId,
    }))
    .toSorted((a, b) => Number(b.isExact) - Number(a.isExact));
  return (method, target) =>
    known.find((each) => each.method === method && each.pattern.test(target))?.operationId;
}

export const operationIdsOf = (document: ApiDocument): string[] =>
  operationsOf(document).map(({ operation }) => operation.operationId);

function operationsOf(document: ApiDocument) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ path, method, operation }] : [];
    }),
  );
}
