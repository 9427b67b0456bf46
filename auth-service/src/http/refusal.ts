import { DomainError } from 'service-kit/http';

/** The refusals of this service's own rules. */
export type RefusalCode =
  | 'username_taken'
  | 'invalid_credentials'
  | 'wrong_password'
  | 'account_banned'
  | 'account_deleted'
  | 'account_not_found'
  | 'invalid_refresh_token'
  | 'session_not_found'
  | 'self_role_change'
  | 'self_status_change'
  | 'staff_account'
  | 'last_admin'
  | 'rate_limited'
  | 'client_not_found'
  | 'insufficient_balance'
  | 'ambiguous_asset'
  | 'balance_too_large'
  | 'invalid_client'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'account_erased'
  | 'device_upgraded'
  | 'device_taken'
  | 'not_a_guest'
  | 'guest_account'
  | 'invalid_reset_token';

/** An error with a code of this service; what status it has is not the domain's business. */
export const refusal = (code: RefusalCode, detail?: string): DomainError<RefusalCode> =>
  new DomainError(code, detail);

/** Only the domain can see that this value is wrong. The answer names the field as in any other invalid request. */
export const invalidInput = (
  path: string,
  message: string,
  detail = 'The request has invalid values; see errors',
): DomainError => new DomainError('invalid_request', detail, { members: { errors: [{ path, message }] } });
