/** The fields that the gateway's signature covers, as their headers have them; absent ones are empty. */
export interface IdentityContent {
  /** Name of the service that is called. */
  service: string;
  method: string;
  /** Path and query as forwarded. */
  target: string;
  userId: string;
  sessionId: string;
  roles: string;
  scopes: string;
  requestId: string;
  clientAddress: string;
}

/**
 * @param time Unix milliseconds
 * @returns the content in the signed order
 */
export function identityContentAt(time: number, content: IdentityContent): (string | number)[] {
  return [
    'v1',
    content.service,
    time,
    content.method,
    content.target,
    content.userId,
    content.sessionId,
    content.roles,
    content.scopes,
    content.requestId,
    content.clientAddress,
  ];
}
