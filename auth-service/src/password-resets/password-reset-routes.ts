import { callerOf, originOf } from 'service-kit/audit';
import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { AccountParams } from '../accounts/account-routes.ts';
import { NewPassword } from '../accounts/password-policy.ts';
import { NO_STORE } from '../sessions/session-schemas.ts';
import type { OfferPasswordReset } from './offer-password-reset.ts';
import type { ResetPassword } from './reset-password.ts';

export interface PasswordResetRoutesDependencies {
  offerPasswordReset: OfferPasswordReset;
  resetPassword: ResetPassword;
}

const Offered = z
  .object({
    token: z.string().meta({ description: 'For the owner of the account; shown once' }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'PasswordReset' });
const Reset = z.strictObject({ token: z.string().min(1).max(256), newPassword: NewPassword });

/** A way back for who forgot the password: staff hands out a token that replaces it once. */
export function passwordResetRoutes(dependencies: PasswordResetRoutesDependencies): Endpoint[] {
  const offer = defineEndpoint({
    method: 'POST',
    path: '/v1/accounts/{id}/password-reset',
    operationId: 'offerPasswordReset',
    summary: 'Make a token that replaces the password once, within an hour',
    description:
      'An earlier token of the account is void. The password and the sessions stay until it is used.',
    tag: 'accounts',
    access: { roles: ['ADMIN'] },
    request: { params: AccountParams },
    responses: { 201: { description: 'The token', body: Offered } },
    problems: ['account_not_found', 'account_deleted', 'guest_account'],
    handle: async (input) => {
      const { token, expiresAt } = await dependencies.offerPasswordReset(input.params.id, callerOf(input));
      return reply(201, { token, expiresAt: expiresAt.toISOString() }, NO_STORE);
    },
  });

  const reset = defineEndpoint({
    method: 'POST',
    path: '/v1/auth/password-reset',
    operationId: 'resetPassword',
    summary: 'Replace the password with a token of staff; all sessions end',
    tag: 'auth',
    access: 'public',
    request: { body: Reset },
    responses: { 204: { description: 'It is replaced' } },
    problems: ['invalid_reset_token', 'rate_limited', 'service_unavailable'],
    handle: async (input) => {
      await dependencies.resetPassword(input.body.token, input.body.newPassword, originOf(input));
      return reply(204);
    },
  });

  return [offer, reset];
}
