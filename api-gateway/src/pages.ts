import type { RequestHandler } from 'express';
import { isReady, type Readiness } from 'service-kit/admin';
import { DomainError, send } from 'service-kit/http';
import type { ApiDocuments } from './docs/api-documents.ts';
import { createDocsPages } from './docs/docs-pages.ts';
import type { PublicDocument } from './docs/public-document.ts';
import { isProblemCode } from './problems.ts';
import type { Exchange } from './proxy/exchange.ts';
import { docsSecurityHeaders } from './proxy/security-headers.ts';

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

  const toDocs: RequestHandler = (request, response) =>
    send(request, response, { status: 301, body: undefined, headers: { location: '/docs/' } });

  const pages = new Map<string, RequestHandler>([
    ['/healthz', healthz],
    ['/readyz', readyz],
    ['/docs', toDocs],
  ]);
  const docsHeaders = docsSecurityHeaders();
  const docsPage = createDocsPages();
  const documentAt = (path: string): (() => Promise<PublicDocument>) | undefined => {
    if (path.startsWith('/docs/')) return docsPage(path);
    return path === '/openapi.json' ? async () => documents.current() : undefined;
  };

  return (exchange) => {
    const path = exchange.target?.path ?? '';
    const isDocs = path.startsWith('/docs/');
    const document = documentAt(path);
    const page = document ? documentPage(exchange, document) : pages.get(path);
    if (!page) return undefined;
    exchange.routeName = isDocs ? '/docs/' : path;
    exchange.quiet = path === '/healthz' || path === '/readyz';
    const { method } = exchange.request;
    if (method !== 'GET' && method !== 'HEAD') {
      return () => exchange.refuse('method_not_allowed', undefined, { allow: 'GET, HEAD' });
    }
    exchange.applyHeaders(isDocs ? docsHeaders : exchange.securityHeaders);
    return page;
  };
}

function documentPage(exchange: Exchange, document: () => Promise<PublicDocument>): RequestHandler {
  return async (request, response) => {
    try {
      const found = await document();
      // Added to what is said of origins.
      if (found.isEncoded) response.vary('accept-encoding');
      await send(request, response, await found.answerTo(request));
    } catch (error) {
      if (!(error instanceof DomainError) || !isProblemCode(error.code)) throw error;
      exchange.refuse(error.code, error.detail, error.headers, error.members);
    }
  };
}
