import type { IncomingMessage } from 'node:http';
import type { RequestContext } from 'service-kit/http';
import { isAccount, type Identity, type Role } from 'service-kit/identity';
import { originOf } from '../sessions/request-origin.ts';
import type { Origin } from '../sessions/session.ts';

/** Who asks for something, and from where. */
export interface Caller {
  kind: 'account' | 'client' | 'anonymous';
  /** Account id or client id; empty for somebody unknown. */
  id: string;
  roles: readonly Role[];
  /** Empty for a client and for somebody unknown. */
  sessionId: string;
  origin: Origin;
}

export function callerOf(input: {
  identity: Identity;
  context: RequestContext;
  request: IncomingMessage;
}): Caller {
  const { userId, roles, sessionId } = input.identity;
  const kind = userId === '' ? 'anonymous' : isAccount(input.identity) ? 'account' : 'client';
  return { kind, id: userId, roles, sessionId, origin: originOf(input) };
}

/** Somebody of whom nothing is known but where they are. */
export const somebodyAt = (origin: Origin): Caller => ({
  kind: 'anonymous',
  id: '',
  roles: [],
  sessionId: '',
  origin,
});
