import compression from 'compression';
import type { RequestHandler } from 'express';
import { isReady, type Readiness } from 'service-kit/admin';
import { send } from 'service-kit/http';
import type { ApiDocuments } from './docs/api-documents.ts';
import { docsPage } from './docs/docs-pages.ts';
import type { Exchange } from './proxy/exchange.ts';
import { docsSecurityHeaders } from './proxy/security-headers.ts';

const NOT_STORED = { 'cache-control': 'no-store' };

export interface PagesOptions {
  readiness: Readiness;
  documents: ApiDocuments;
}

// Documents are the same for everybody. Nothing else is compressed here: the length of an answer that has a secret
// (a token, say) and something of the caller's own in it tells the secret bit by bit (BREACH), and streams would wait
// for whole blocks. A service that knows its answer to be harmless compresses it itself.
const compress = compression();

function compressed(page: RequestHandler): RequestHandler {
  return (request, response, next) => {
    compress(request, response, (error?: unknown) =>
      error ? next(error) : void page(request, response, next),
    );
  };
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
    exchange.applyHeaders(isDocs ? docsHeaders : exchange.securityHeaders);
    return exchange.quiet ? page : compressed(page);
  };
}
