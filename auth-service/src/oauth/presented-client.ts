import { DomainError } from 'service-kit/http';
import type { ClientCredentials } from './authenticate-client.ts';
import { refusal } from '../http/refusal.ts';

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

/**
 * The credentials of a request, from its header or its body (RFC 6749, section 2.3.1).
 *
 * @returns undefined if there are none; an id without a secret authenticates no client
 * @throws refusals `invalid_request` for two ways at once, `invalid_client` for a header that cannot be read
 */
export function presentedClient(
  authorization: string | undefined,
  {
    client_id: id,
    client_secret: secret,
  }: { client_id?: string | undefined; client_secret?: string | undefined },
): ClientCredentials | undefined {
  if (authorization === undefined) {
    if (secret === undefined) return undefined;
    if (id === undefined) throw new DomainError('invalid_request', 'client_secret needs client_id');
    return { clientId: id, clientSecret: secret };
  }
  const credentials = basicCredentials(authorization);
  if (!credentials) throw refusal('invalid_client', 'The Authorization header holds no Basic credentials');
  if (secret !== undefined || (id !== undefined && id !== credentials.clientId)) {
    throw new DomainError('invalid_request', 'The client names itself in two ways');
  }
  return credentials;
}

function basicCredentials(authorization: string): ClientCredentials | undefined {
  const [, encoded = ''] = BASIC.exec(authorization) ?? [];
  const [, id, secret] = /^([^:]+):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  try {
    return { clientId: fromForm(id), clientSecret: fromForm(secret) };
  } catch {
    return undefined;
  }
}

/** @throws {URIError} */
const fromForm = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
