import type { RequestHandler } from 'express';
import { isReady, type Readiness } from 'service-kit/admin';
import { DomainError, send } from 'service-kit/http';
import type { ApiDocuments } from './docs/api-documents.ts';
import { createDocsPages } from './docs/docs-pages.ts';
import type { PublicDocument } from './docs/public-document.ts';
import { isProblemCode } from './http/problems.ts';
import { docsSecurityHeaders } from './http/security-headers.ts';
import type { GatewayRequest } from './requests/gateway-request.ts';

const NOT_STORED = { 'cache-control': 'no-store' };

export interface OwnEndpointsDeps {
  readiness: Readiness;
  documents: ApiDocuments;
}

/** The endpoints that the gateway answers itself. Returns undefined for every other path. */
export type OwnEndpoints = (request: GatewayRequest) => RequestHandler | undefined;

export function createOwnEndpoints({ readiness, documents }: OwnEndpointsDeps): OwnEndpoints {
  const healthz: RequestHandler = (incoming, response) =>
    send(incoming, response, {
      status: 200,
      body: { status: 'ok', service: 'api-gateway' },
      headers: NOT_STORED,
    });

  const readyz: RequestHandler = async (incoming, response) => {
    const report = await readiness.report();
    const status = isReady(report) ? 200 : 503;
    await send(incoming, response, { status, body: { status: report.status }, headers: NOT_STORED });
  };

  const toDocs: RequestHandler = (incoming, response) =>
    send(incoming, response, { status: 301, body: undefined, headers: { location: '/docs/' } });

  const endpoints = new Map<string, RequestHandler>([
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

  return (request) => {
    const path = request.target?.path ?? '';
    const isDocs = path.startsWith('/docs/');
    const document = documentAt(path);
    const endpoint = document ? serveDocument(request, document) : endpoints.get(path);
    if (!endpoint) return undefined;
    request.routeName = isDocs ? '/docs/' : path;
    request.quiet = path === '/healthz' || path === '/readyz';
    const { method } = request.incoming;
    if (method !== 'GET' && method !== 'HEAD') {
      return () => request.refuse('method_not_allowed', undefined, { allow: 'GET, HEAD' });
    }
    request.applyHeaders(isDocs ? docsHeaders : request.securityHeaders);
    return endpoint;
  };
}

function serveDocument(request: GatewayRequest, document: () => Promise<PublicDocument>): RequestHandler {
  return async (incoming, response) => {
    try {
      const found = await document();
      // Added to the `Vary: Origin` that CORS may have set.
      if (found.isEncoded) response.vary('accept-encoding');
      await send(incoming, response, await found.answerTo(incoming));
    } catch (error) {
      if (!(error instanceof DomainError) || !isProblemCode(error.code)) throw error;
      request.refuse(error.code, error.detail, error.headers, error.members);
    }
  };
}
