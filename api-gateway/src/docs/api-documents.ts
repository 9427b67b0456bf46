import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import type { MessageContracts } from '../publish/message-contracts.ts';
import type { LiveRouteTable } from '../routing/live-route-table.ts';
import type { RouteTable } from '../routing/route-table.ts';
import { gatewayDocument } from './gateway-document.ts';
import { mergeDocuments } from './merge-documents.ts';
import { createPublicDocument, type PublicDocument } from './public-document.ts';
import { publishedPaths } from './published-paths.ts';
import { type OpenApiDocument, parseDocument } from './service-document.ts';

const RETRY_MS = 2_000;

/** The merged API document. It is built again when a service's document or the routing table has changed. */
export interface ApiDocuments {
  current(): PublicDocument;
  /** Fetches every service's document once. If a service is down, its last document stays. */
  refresh(): Promise<void>;
  component: Component;
}

export interface ApiDocumentsDeps {
  routes: LiveRouteTable;
  fetchDocument: (targetEnv: string) => Promise<unknown>;
  contracts: MessageContracts;
  version: string;
  refreshMs: number;
  logger: Logger;
}

export function createApiDocuments(deps: ApiDocumentsDeps): ApiDocuments {
  const { routes, fetchDocument, contracts, version, refreshMs, logger } = deps;
  const known = new Map<string, OpenApiDocument>();
  const failing = new Set<string>();
  let made: { table: RouteTable; document: PublicDocument } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;

  async function refreshOne(service: string, targetEnv: string): Promise<void> {
    try {
      known.set(service, parseDocument(await fetchDocument(targetEnv)));
      made = undefined;
      failing.delete(service);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Warn once for each outage, not at every attempt.
      const level = failing.has(service) ? 'debug' : 'warn';
      logger[level]('API document not loaded', { ofService: service, known: known.has(service), reason });
      failing.add(service);
    }
  }

  async function refresh(): Promise<void> {
    const services = servicesOf(routes.current());
    await Promise.all([...services].map(([service, targetEnv]) => refreshOne(service, targetEnv)));
  }

  async function keepFresh(): Promise<void> {
    await refresh();
    if (stopped) return;
    timer = setTimeout(() => void keepFresh(), Math.min(failing.size > 0 ? RETRY_MS : refreshMs, refreshMs));
    timer.unref();
  }

  function make(table: RouteTable): PublicDocument {
    const services = [...servicesOf(table).keys()].flatMap((service) => {
      const document = known.get(service);
      return document ? [{ service, document }] : [];
    });
    const own = gatewayDocument(version, publishedPaths(table, contracts));
    const json = JSON.stringify(mergeDocuments(own, services, routesIn(table)));
    return createPublicDocument(Buffer.from(json), 'application/json; charset=utf-8');
  }

  return {
    current() {
      const table = routes.current();
      if (made?.table !== table) made = { table, document: make(table) };
      return made.document;
    },
    refresh,
    component: {
      name: 'API documents',
      async start() {
        stopped = false;
        void keepFresh();
      },
      async stop() {
        stopped = true;
        clearTimeout(timer);
      },
    },
  };
}

function servicesOf(table: RouteTable): Map<string, string> {
  const routes = table.routes.filter((route) => route.publish === undefined);
  return new Map(routes.toSorted(byService).map((route) => [route.service, route.targetEnv]));
}

function byService(a: { service: string }, b: { service: string }): number {
  return a.service.localeCompare(b.service);
}

/** Finds the route of a path template, with a plain segment in place of each parameter. */
function routesIn(table: RouteTable) {
  return (service: string, method: string, template: string) => {
    const route = table.match(method, template.replaceAll(/\{[^}]*\}/g, '_'), '');
    return route && !route.publish && route.service === service ? route : undefined;
  };
}
