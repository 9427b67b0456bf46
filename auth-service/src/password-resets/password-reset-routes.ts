import { callerOf, originOf } from 'service-kit/audit';
import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { AccountParams } from '../accounts/account-schemas.ts';
import { NewPassword } from '../passwords/password-policy.ts';
import { NO_STORE } from '../sessions/session-schemas.ts';
import type { OfferPasswordReset } from './offer-password-reset.ts';
import type { ResetPassword } from './reset-password.ts';

export interface PasswordResetRoutesDeps {
  offerPasswordReset: OfferPasswordReset;
  resetPassword: ResetPassword;
}

const Offered = z
  .object({
    token: z
      .string()
      .meta({ description: 'For the owner of the account; this is the only time it is shown' }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'PasswordReset' });
const Reset = z.strictObject({ token: z.string().min(1).max(256), newPassword: NewPassword });

/** A way back for who forgot the password: staff hands out a token that replaces it once. */
export function passwordResetRoutes(deps: PasswordResetRoutesDeps): Endpoint[] {
  const offer = defineEndpoint({
    method: 'POST',
    path: '/v1/accounts/{id}/password-reset',
    operationId: 'offerPasswordReset',
    summary: 'Create a one-time password reset token (valid for 1 hour)',
    description:
      'Earlier tokens of the account become invalid. The password and the sessions do not change until the token is used.',
    tag: 'accounts',
    access: { roles: ['ADMIN'] },
    request: { params: AccountParams },
    responses: { 201: { description: 'The token', body: Offered } },
    problems: ['account_not_found', 'account_deleted', 'guest_account'],
    handle: async (input) => {
      const { token, expiresAt } = await deps.offerPasswordReset(input.params.id, callerOf(input));
      return reply(201, { token, expiresAt: expiresAt.toISOString() }, NO_STORE);
    },
  });

  const reset = defineEndpoint({
    method: 'POST',
    path: '/v1/auth/password-reset',
    operationId: 'resetPassword',
    summary: 'Reset the password with a reset token; all sessions end',
    tag: 'auth',
    access: 'public',
    request: { body: Reset },
    responses: { 204: { description: 'The password was replaced' } },
    problems: ['invalid_reset_token', 'rate_limited', 'service_unavailable'],
    handle: async (input) => {
      await deps.resetPassword(input.body.token, input.body.newPassword, originOf(input));
      return reply(204);
    },
  });

  return [offer, reset];
}
