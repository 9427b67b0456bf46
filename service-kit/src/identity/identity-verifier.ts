import { identityContentAt } from './identity-content.ts';
import { isRole, type Identity } from './identity.ts';
import { createSignatureCheck, type SigningKey } from './signature.ts';

/** Request headers by lower-case name, as Node gives them. */
export type HeaderValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * @param target path and query as received
 * @returns undefined unless the identity headers have a valid signature of the gateway
 */
export type IdentityVerifier = (
  method: string,
  target: string,
  headers: HeaderValues,
) => Identity | undefined;

export interface IdentityVerifierOptions {
  /** Name of this service. */
  service: string;
  /** Any of them is accepted, for rotation. */
  keys: readonly SigningKey[];
  /** Current time in Unix milliseconds. Default: the system's. */
  clock?: () => number;
  /** How far the time of a signature may be in the past or future, in milliseconds. Default 60,000. */
  maxAgeMs?: number;
}

/** Makes the function that checks the gateway's signature and reads the identity. */
export function createIdentityVerifier(options: IdentityVerifierOptions): IdentityVerifier {
  const { service } = options;
  const isSigned = createSignatureCheck(options);

  return (method, target, headers) => {
    const signature = headers['x-gateway-signature'];
    const claims = signature === undefined ? undefined : claimsIn(headers);
    if (!claims) return undefined;
    const content = { service, method, target, ...claims };
    if (!isSigned(signature, (time) => identityContentAt(time, content))) return undefined;

    return {
      userId: claims.userId,
      sessionId: claims.sessionId,
      // An unknown role of a newer gateway gives no rights.
      roles: split(claims.roles).filter(isRole),
      scopes: split(claims.scopes),
      clientAddress: claims.clientAddress,
    };
  };
}

/** @returns undefined when a header came twice: Node joins the values with ", ", which no valid value contains */
function claimsIn(headers: HeaderValues) {
  const claims = {
    userId: single(headers['x-user-id']),
    sessionId: single(headers['x-session-id']),
    roles: single(headers['x-user-roles']),
    scopes: single(headers['x-user-scopes']),
    requestId: single(headers['x-request-id']),
    clientAddress: single(headers['x-client-address']),
  };
  const { userId, sessionId, roles, scopes, requestId, clientAddress } = claims;
  if (
    userId === undefined ||
    sessionId === undefined ||
    roles === undefined ||
    scopes === undefined ||
    requestId === undefined ||
    clientAddress === undefined
  ) {
    return undefined;
  }
  return { userId, sessionId, roles, scopes, requestId, clientAddress };
}

function single(value: string | readonly string[] | undefined): string | undefined {
  if (value === undefined) return '';
  return typeof value === 'string' && !value.includes(', ') ? value : undefined;
}

function split(list: string): string[] {
  return list === '' ? [] : list.split(',');
}
