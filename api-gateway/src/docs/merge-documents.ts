import { isDeepStrictEqual } from 'node:util';
import type { Route } from '../routing/route.ts';
import type { OpenApiDocument, ServiceDocument } from './service-document.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;
const REF = /^#\/components\/([^/]+)\/([^/]+)$/;
const BEARER = 'bearer';

/** The properties of a route on which the gateway's own answers depend. */
export type RoutedBy = Pick<Route, 'access' | 'rateLimits'>;

/** Returns the route of a service's operation; undefined if the gateway does not route it. */
export type RouteOf = (service: string, method: string, path: string) => RoutedBy | undefined;

type Json = Record<string, unknown>;

/**
 * Merges the documents of all services: the operations that the gateway routes to them. If two components have one
 * name and different content, the later one gets its service's name as a prefix, and so does an operationId.
 *
 * @param base the gateway's own part, which has precedence
 */
export function mergeDocuments(base: Json, services: readonly ServiceDocument[], routeOf: RouteOf): Json {
  const own = { service: '', document: base };
  const paths: Record<string, Json> = {};
  const components: Record<string, Json> = {};
  const tags = new Map<string, unknown>();
  const operationIds = new Set<string>();
  for (const { service, document } of [own, ...services]) {
    const {
      components: theirs = {},
      paths: operations = {},
      tags: named = [],
    } = document as Partial<OpenApiDocument>;
    const renamed = conflictingNames(components, theirs, service);
    for (const [section, entries] of Object.entries(theirs)) {
      const target = (components[section] ??= {});
      for (const [name, value] of Object.entries(entries)) {
        target[renamed.get(`${section}/${name}`) ?? name] = withRenamedRefs(value, renamed);
      }
    }
    for (const tag of named) if (!tags.has(tag.name)) tags.set(tag.name, tag);
    for (const [path, item] of Object.entries(operations)) {
      for (const method of METHODS) {
        const route = service === '' ? OWN : routeOf(service, method.toUpperCase(), path);
        const operation = item[method];
        if (!isObject(operation) || route === undefined) continue;
        const mine = (paths[path] ??= sharedPart(item, renamed));
        mine[method] = routedOperation(operation, { service, route, renamed, operationIds });
      }
    }
  }
  return { ...base, tags: [...tags.values()], paths, components };
}

const OWN: RoutedBy = { access: 'public', rateLimits: [] };

interface RoutedOptions {
  service: string;
  route: RoutedBy;
  renamed: ReadonlyMap<string, string>;
  operationIds: Set<string>;
}

function routedOperation(operation: Json, { service, route, renamed, operationIds }: RoutedOptions): unknown {
  const routed: Json = {
    tags: [service],
    security: route.access === 'public' ? [] : [{ [BEARER]: [] }],
    ...operation,
  };
  if (typeof routed['operationId'] === 'string') {
    const id = routed['operationId'];
    routed['operationId'] = operationIds.has(id) ? `${service}.${id}` : id;
    operationIds.add(id);
  }
  if (service !== '') routed['responses'] = withGatewayProblems(routed['responses'], route, routed);
  return withRenamedRefs(routed, renamed);
}

/** Adds the gateway's own answers, except for statuses that the service describes. */
function withGatewayProblems(responses: unknown, { access, rateLimits }: RoutedBy, operation: Json): Json {
  const codes = [
    ...(access === 'public' ? [] : ['401', '403']),
    ...('requestBody' in operation ? ['413'] : []),
    ...(rateLimits.length > 0 ? ['429'] : []),
    '502',
    '503',
    '504',
  ];
  const gateway = codes.map((code) => [code, { $ref: `#/components/responses/Gateway${code}` }]);
  return { ...Object.fromEntries(gateway), ...(isObject(responses) ? responses : undefined) };
}

/** The parameters and texts that all methods of a path share. */
function sharedPart(item: Json, renamed: ReadonlyMap<string, string>): Json {
  const shared = Object.entries(item).filter(([key]) => !METHODS.some((method) => method === key));
  return Object.fromEntries(shared.map(([key, value]) => [key, withRenamedRefs(value, renamed)]));
}

/** `section/name` → new name. A component that refers to a renamed one differs as well, and is renamed too. */
function conflictingNames(
  merged: Readonly<Record<string, Json>>,
  added: Readonly<Record<string, Json>>,
  service: string,
): Map<string, string> {
  const renamed = new Map<string, string>();
  const all = Object.entries(added).flatMap(([section, entries]) =>
    Object.entries(entries).map(([name, value]) => ({ section, name, value })),
  );
  for (let before = -1; before !== renamed.size;) {
    before = renamed.size;
    for (const { section, name, value } of all) {
      const known = merged[section]?.[name];
      const isSame = known === undefined || isDeepStrictEqual(known, withRenamedRefs(value, renamed));
      if (!isSame) renamed.set(`${section}/${name}`, pascalCase(service) + name);
    }
  }
  return renamed;
}

function withRenamedRefs(value: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (renamed.size === 0) return value;
  if (typeof value === 'string') return renamedRef(value, renamed);
  if (Array.isArray(value)) return value.map((each) => withRenamedRefs(each, renamed));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, withRenamedRefs(each, renamed)]),
  );
}

/** References occur in `$ref` and in the mapping of a discriminator. No other text looks like one. */
function renamedRef(text: string, renamed: ReadonlyMap<string, string>): string {
  const [, section = '', name = ''] = REF.exec(text) ?? [];
  const other = renamed.get(`${section}/${name}`);
  return other === undefined ? text : `#/components/${section}/${other}`;
}

function pascalCase(service: string): string {
  return service
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
