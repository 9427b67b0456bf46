import { createHmac, type KeyObject } from 'node:crypto';

/** What a signature covers, each as it stands in its header; absent ones are empty. */
export interface SignedContent {
  /** Name of the service that is called. */
  service: string;
  /** Unix milliseconds. */
  time: number;
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

/** HMAC-SHA256 in base64url over the JSON array of the content. */
export function signatureOf(content: SignedContent, key: KeyObject): string {
  const text = JSON.stringify([
    'v1',
    content.service,
    content.time,
    content.method,
    content.target,
    content.userId,
    content.sessionId,
    content.roles,
    content.scopes,
    content.requestId,
    content.clientAddress,
  ]);
  return createHmac('sha256', key).update(text).digest('base64url');
}
