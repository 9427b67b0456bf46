import { callerOf, originOf } from 'service-kit/audit';
import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { NewPassword } from '../passwords/password-policy.ts';
import { Email } from '../accounts/profile.ts';
import { Username } from '../accounts/username.ts';
import { NO_STORE, SignedIn, toSignedIn } from '../sessions/session-schemas.ts';
import { DeviceId } from './device.ts';
import type { EnterAsGuest } from './enter-as-guest.ts';
import type { UpgradeGuest } from './upgrade-guest.ts';

export interface GuestRoutesDeps {
  enterAsGuest: EnterAsGuest;
  upgradeGuest: UpgradeGuest;
}

const tag = 'auth';

/** Playing without a name and a password, and what becomes of it. */
export function guestRoutes({ enterAsGuest, upgradeGuest }: GuestRoutesDeps): Endpoint[] {
  const enter = defineEndpoint({
    method: 'POST',
    path: '/v1/auth/guest',
    operationId: 'enterAsGuest',
    summary: 'Sign in as a guest',
    description:
      'The first call of a device opens an account. If the account of the device was deleted, it gets a new one.',
    tag,
    access: 'public',
    request: { body: z.strictObject({ deviceId: DeviceId }) },
    responses: {
      200: { description: 'The account of this device, and the tokens of a new session', body: SignedIn },
      201: { description: 'A new account, and its first tokens', body: SignedIn },
    },
    problems: ['account_banned', 'device_upgraded', 'rate_limited', 'service_unavailable'],
    handle: async (input) => {
      const entry = await enterAsGuest(input.body.deviceId, originOf(input));
      return reply(entry.isNew ? 201 : 200, toSignedIn(entry), NO_STORE);
    },
  });

  const upgrade = defineEndpoint({
    method: 'POST',
    path: '/v1/auth/upgrade',
    operationId: 'upgradeGuest',
    summary: 'Upgrade my guest account: give it a name and a password',
    description:
      'The account keeps its id and its property. The device alone cannot sign in any more. All other sessions end.',
    tag,
    access: 'signed-in',
    request: {
      body: z.strictObject({ username: Username, password: NewPassword, email: Email.optional() }),
    },
    responses: { 200: { description: 'The account and tokens of a new session', body: SignedIn } },
    problems: [
      'username_taken',
      'not_a_guest',
      'account_not_found',
      'account_banned',
      'rate_limited',
      'service_unavailable',
    ],
    handle: async (input) =>
      reply(200, toSignedIn(await upgradeGuest(input.body, callerOf(input))), NO_STORE),
  });

  return [enter, upgrade];
}
