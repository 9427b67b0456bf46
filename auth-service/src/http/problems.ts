import type { ProblemTable } from 'service-kit/http';
import type { RefusalCode } from './refusal.ts';

/** Which HTTP status each refusal has; one that is left out does not compile. */
export const problems: ProblemTable<RefusalCode> = {
  username_taken: { status: 409, title: 'This username is taken' },
  invalid_credentials: { status: 401, title: 'Wrong username or password' },
  wrong_password: { status: 403, title: 'The current password is wrong' },
  account_banned: { status: 403, title: 'This account is banned' },
  account_deleted: { status: 409, title: 'This account is deleted' },
  account_not_found: { status: 404, title: 'There is no such account' },
  invalid_refresh_token: { status: 401, title: 'This refresh token is not valid' },
  session_not_found: { status: 404, title: 'There is no such session' },
  self_role_change: { status: 403, title: 'Nobody changes their own roles' },
  self_status_change: { status: 403, title: 'Nobody changes their own status' },
  staff_account: { status: 403, title: 'This account belongs to staff' },
  last_admin: { status: 409, title: 'This is the last ADMIN' },
  rate_limited: { status: 429, title: 'Too many tries' },
  client_not_found: { status: 404, title: 'There is no such client' },
  insufficient_balance: { status: 409, title: 'The account does not own that much' },
  ambiguous_asset: { status: 409, title: 'The account has this asset as more than one kind' },
  balance_too_large: { status: 409, title: 'The balance would be too large to be exact' },
  invalid_client: { status: 401, title: 'Unknown client or wrong secret' },
  unauthorized_client: { status: 400, title: 'This client may not do that' },
  unsupported_grant_type: { status: 400, title: 'There is no such grant type' },
  invalid_scope: { status: 400, title: 'This scope is unknown or not held' },
  account_erased: { status: 409, title: 'This account is erased' },
  device_upgraded: { status: 409, title: 'The account of this device has a name and a password now' },
  device_taken: { status: 409, title: 'The device of this guest has another account now' },
  not_a_guest: { status: 403, title: 'This account is not a guest' },
  guest_account: { status: 409, title: 'This account is a guest and has no password' },
  invalid_reset_token: { status: 401, title: 'This reset token is not valid' },
};
