import { reply, type RefusalForm, type Refused } from 'service-kit/http';
import { z } from 'zod';

const oauthErrors = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'temporarily_unavailable',
  'server_error',
] as const;
type OAuthErrorCode = (typeof oauthErrors)[number];

const OAuthError = z
  .object({ error: z.enum(oauthErrors), error_description: z.string() })
  .meta({ id: 'OAuthError', description: 'RFC 6749, section 5.2' });

/** Never kept by anybody on the way. Source: RFC 6749, section 5.1. */
export const OAUTH_HEADERS = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** What the use cases refuse with, in the words of OAuth 2. */
const ERRORS: Readonly<Record<string, OAuthErrorCode>> = {
  invalid_client: 'invalid_client',
  unauthorized_client: 'unauthorized_client',
  unsupported_grant_type: 'unsupported_grant_type',
  invalid_scope: 'invalid_scope',
  invalid_credentials: 'invalid_grant',
  account_banned: 'invalid_grant',
  invalid_refresh_token: 'invalid_grant',
};

/** Statuses that say more than the 400 of RFC 6749. */
const KEPT: ReadonlySet<number> = new Set([413, 429]);

/** Refusals as OAuth 2 has them: its codes, and 400 for nearly all. */
export const oauthRefusals: RefusalForm = {
  body: OAuthError,
  answer: (refused) => {
    const error = ERRORS[refused.code] ?? errorOf(refused.status);
    const challenge = error === 'invalid_client' && {
      'www-authenticate': 'Basic realm="laurel", charset="UTF-8"',
    };
    return reply(
      statusOf(error, refused.status),
      { error, error_description: descriptionOf(refused) },
      { ...OAUTH_HEADERS, ...challenge, ...refused.headers },
    );
  },
};

function errorOf(status: number): OAuthErrorCode {
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  return status < 500 ? 'invalid_request' : 'server_error';
}

function statusOf(error: OAuthErrorCode, status: number): number {
  if (error === 'invalid_client') return 401;
  return status >= 500 || KEPT.has(status) ? status : 400;
}

const Mistakes = z.object({ errors: z.array(z.object({ path: z.string(), message: z.string() })) });

function descriptionOf({ title, detail = title, members }: Refused): string {
  const mistakes = Mistakes.safeParse(members);
  const text = mistakes.success
    ? mistakes.data.errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
    : detail;
  // RFC 6749, section 5.2, allows no other characters.
  return text.replaceAll(/[^\x20\x21\x23-\x5B\x5D-\x7E]/g, "'");
}
