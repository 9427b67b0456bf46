import type { IncomingMessage } from 'node:http';
import type { RequestContext } from '../http/request-context.ts';
import { isAccount, type Identity, type Role } from '../identity/index.ts';
import type { AuditActor, AuditOrigin } from './audit-entry.ts';

const LONGEST_DEVICE = 300;

/** The origin of a request, according to the gateway and the client. */
export interface RequestOrigin extends AuditOrigin {
  requestId: string;
  /** W3C trace context, to pass on. */
  traceparent: string;
}

/** Who is calling, and from where. */
export interface Caller {
  kind: 'account' | 'client' | 'anonymous';
  /** Account id or client id; empty for an anonymous caller. */
  id: string;
  roles: readonly Role[];
  /** Empty for a client and for an anonymous caller. */
  sessionId: string;
  origin: RequestOrigin;
}

/** The parts of an endpoint's input about its caller. */
export interface CallerInput {
  identity: Identity;
  context: RequestContext;
  request: IncomingMessage;
}

export function originOf({ identity, context, request }: CallerInput): RequestOrigin {
  return {
    address: identity.clientAddress || null,
    device: request.headers['user-agent']?.slice(0, LONGEST_DEVICE) || null,
    requestId: context.requestId,
    traceparent: context.traceparent,
  };
}

export function callerOf(input: CallerInput): Caller {
  const { userId, roles, sessionId } = input.identity;
  const kind = userId === '' ? 'anonymous' : isAccount(input.identity) ? 'account' : 'client';
  return { kind, id: userId, roles, sessionId, origin: originOf(input) };
}

/** The caller as the actor of an entry. */
export function actorOf({ kind, id, roles }: Caller): AuditActor {
  return { kind, ...(id !== '' && { id }), ...(roles.length > 0 && { roles }) };
}
