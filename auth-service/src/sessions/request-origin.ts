import type { IncomingMessage } from 'node:http';
import type { RequestContext } from 'service-kit/http';
import type { Identity } from 'service-kit/identity';
import type { Origin } from './session.ts';

const LONGEST_DEVICE = 300;

/** Where a request comes from, as the gateway and the client tell. */
export function originOf(input: {
  identity: Identity;
  context: RequestContext;
  request: IncomingMessage;
}): Origin {
  const { identity, context, request } = input;
  return {
    address: identity.clientAddress || null,
    device: request.headers['user-agent']?.slice(0, LONGEST_DEVICE) || null,
    requestId: context.requestId,
    traceparent: context.traceparent,
  };
}
