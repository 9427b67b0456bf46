import type { IncomingMessage } from 'node:http';
import type { AuditOrigin } from 'service-kit/audit';
import type { RequestContext } from 'service-kit/http';
import { isAccount, type Identity, type Role } from 'service-kit/identity';

const LONGEST_DEVICE = 300;

/** Who asks for something, and from where. */
export interface Caller {
  kind: 'account' | 'client';
  /** Account id or client id. */
  id: string;
  roles: readonly Role[];
  origin: AuditOrigin;
}

export function callerOf(input: {
  identity: Identity;
  context: RequestContext;
  request: IncomingMessage;
}): Caller {
  const { identity, context, request } = input;
  return {
    kind: isAccount(identity) ? 'account' : 'client',
    id: identity.userId,
    roles: identity.roles,
    origin: {
      address: identity.clientAddress || null,
      device: request.headers['user-agent']?.slice(0, LONGEST_DEVICE) || null,
      requestId: context.requestId,
      traceparent: context.traceparent,
    },
  };
}
