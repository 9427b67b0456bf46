import { callerOf, originOf } from 'service-kit/audit';
import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { NewPassword, PresentedPassword } from '../passwords/password-policy.ts';
import { DisplayName, Email, InviteCode } from '../accounts/profile.ts';
import type { RegisterAccount } from './register-account.ts';
import { Username } from '../accounts/username.ts';
import type { LogIn } from './log-in.ts';
import { logOutScopes, type LogOut } from './log-out.ts';
import type { RefreshSession } from './refresh-session.ts';
import { NO_STORE, SignedIn, TokensView, toSignedIn } from './session-schemas.ts';

export interface AuthRoutesDeps {
  registerAccount: RegisterAccount;
  logIn: LogIn;
  refreshSession: RefreshSession;
  logOut: LogOut;
}

const tag = 'auth';
const Registration = z.strictObject({
  username: Username,
  password: NewPassword,
  email: Email.optional(),
  displayName: DisplayName.optional(),
  inviteCode: InviteCode.optional(),
});
const Login = z.strictObject({
  grant_type: z.literal('password').optional().meta({ description: 'Needed in a form, as in OAuth 2' }),
  username: z.string().min(1).max(256),
  password: PresentedPassword,
});
const Refresh = z.strictObject({ refreshToken: z.string().min(1).max(1_024) });
const LogOutBody = z.strictObject({ scope: z.enum(logOutScopes).default('this') }).default({ scope: 'this' });

/** How accounts come in and go out again. */
export function authRoutes(deps: AuthRoutesDeps): Endpoint[] {
  const { registerAccount, logIn, refreshSession, logOut } = deps;

  const register = defineEndpoint({
    method: 'POST',
    path: '/v1/auth/register',
    operationId: 'register',
    summary: 'Register an account and log in',
    tag,
    access: 'public',
    request: { body: Registration },
    responses: { 201: { description: 'The account and its first tokens', body: SignedIn } },
    problems: ['username_taken', 'rate_limited', 'service_unavailable'],
    handle: async (input) =>
      reply(201, toSignedIn(await registerAccount(input.body, originOf(input))), NO_STORE),
  });

  const login = defineEndpoint({
    method: 'POST',
    path: '/v1/auth/login',
    operationId: 'logIn',
    summary: 'Log in with name and password',
    tag,
    access: 'public',
    acceptsForm: true,
    request: { body: Login },
    responses: { 200: { description: 'The account and tokens of a new session', body: SignedIn } },
    problems: ['invalid_credentials', 'account_banned', 'rate_limited', 'service_unavailable'],
    handle: async (input) => reply(200, toSignedIn(await logIn(input.body, originOf(input))), NO_STORE),
  });

  const refresh = defineEndpoint({
    method: 'POST',
    path: '/v1/auth/refresh',
    operationId: 'refresh',
    summary: 'Refresh the tokens of a session',
    description:
      'The refresh token is replaced by its successor. The same request within 10 seconds gets the same successor. If the old token is used later than that, its session ends.',
    tag,
    access: 'public',
    request: { body: Refresh },
    responses: { 200: { description: 'New tokens', body: z.object({ tokens: TokensView }) } },
    problems: ['invalid_refresh_token'],
    handle: async (input) => {
      const tokens = await refreshSession(input.body.refreshToken, originOf(input));
      return reply(200, { tokens }, NO_STORE);
    },
  });

  const logout = defineEndpoint({
    method: 'POST',
    path: '/v1/auth/logout',
    operationId: 'logOut',
    summary: 'End this session, all others, or all',
    tag,
    access: 'signed-in',
    request: { body: LogOutBody },
    responses: { 204: { description: 'The sessions have ended' } },
    handle: async (input) => {
      await logOut(callerOf(input), input.body.scope);
      return reply(204);
    },
  });

  return [register, login, refresh, logout];
}
