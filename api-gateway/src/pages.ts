import type { RequestHandler } from 'express';
import { isReady, type Readiness } from 'service-kit/admin';
import { send } from 'service-kit/http';
import type { ApiDocuments } from './docs/api-documents.ts';
import { docsPage } from './docs/docs-pages.ts';
import type { Exchange } from './proxy/exchange.ts';
import { apiSecurityHeaders, docsSecurityHeaders } from './proxy/security-headers.ts';

const NOT_STORED = { 'cache-control': 'no-store' };

export interface PagesOptions {
  readiness: Readiness;
  documents: ApiDocuments;
}

/** What the gateway answers itself; undefined: not one of its paths. */
export type Pages = (exchange: Exchange) => RequestHandler | undefined;

export function createPages({ readiness, documents }: PagesOptions): Pages {
  const healthz: RequestHandler = (request, response) =>
    send(request, response, {
      status: 200,
      body: { status: 'ok', service: 'api-gateway' },
      headers: NOT_STORED,
    });

  const readyz: RequestHandler = async (request, response) => {
    const report = await readiness.report();
    const status = isReady(report) ? 200 : 503;
    await send(request, response, { status, body: { status: report.status }, headers: NOT_STORED });
  };

  const openApi: RequestHandler = async (request, response) => {
    const { json, etag } = documents.current();
    const headers = { etag, 'cache-control': 'no-cache', 'content-type': 'application/json; charset=utf-8' };
    const isKnown = request.headers['if-none-match'] === etag;
    const body = isKnown ? undefined : Buffer.from(json);
    await send(request, response, { status: isKnown ? 304 : 200, body, headers });
  };

  const toDocs: RequestHandler = (request, response) =>
    send(request, response, { status: 301, body: undefined, headers: { location: '/docs/' } });

  const pages = new Map<string, RequestHandler>([
    ['/healthz', healthz],
    ['/readyz', readyz],
    ['/openapi.json', openApi],
    ['/docs', toDocs],
  ]);
  const apiHeaders = apiSecurityHeaders();
  const docsHeaders = docsSecurityHeaders();

  return (exchange) => {
    const path = exchange.target?.path ?? '';
    const isDocs = path.startsWith('/docs/');
    const page = isDocs ? docsPage(path) : pages.get(path);
    if (!page) return undefined;
    exchange.routeName = isDocs ? '/docs/' : path;
    exchange.quiet = path === '/healthz' || path === '/readyz';
    const { method } = exchange.request;
    if (method !== 'GET' && method !== 'HEAD') {
      return () => exchange.refuse('method_not_allowed', undefined, { allow: 'GET, HEAD' });
    }
    exchange.applyHeaders(isDocs ? docsHeaders : apiHeaders);
    return page;
  };
}
