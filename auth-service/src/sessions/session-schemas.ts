import { z } from 'zod';
import { AccountView, toAccountView } from '../accounts/account-schemas.ts';
import type { Account } from '../accounts/account.ts';
import type { Tokens } from './session-issuer.ts';
import type { Session } from './session.ts';

export const TokensView = z
  .object({
    accessToken: z.string(),
    refreshToken: z.string(),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().meta({ description: 'Life of the access token, in seconds' }),
  })
  .meta({ id: 'Tokens' });

export const SignedIn = z.object({ account: AccountView, tokens: TokensView }).meta({ id: 'SignedIn' });

export const toSignedIn = ({
  account,
  tokens,
}: {
  account: Account;
  tokens: Tokens;
}): z.infer<typeof SignedIn> => ({
  account: toAccountView(account),
  tokens,
});

/** What carries tokens is kept by nobody on the way. */
export const NO_STORE = { 'cache-control': 'no-store' };

export const SessionView = z
  .object({
    id: z.string(),
    current: z.boolean().meta({ description: 'Whether this is the session of the caller' }),
    device: z.string().nullable().meta({ description: 'Device name that the client sent' }),
    address: z.string().nullable().meta({ description: 'Address of its last use' }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' });

export const toSessionView = (session: Session, currentId: string): z.infer<typeof SessionView> => ({
  id: session.id,
  current: session.id === currentId,
  device: session.device,
  address: session.address,
  createdAt: session.createdAt.toISOString(),
  lastUsedAt: session.lastUsedAt.toISOString(),
  expiresAt: session.expiresAt.toISOString(),
});
