import { randomBytes } from 'node:crypto';
import { inventUsername } from '../../client/operations.ts';
import { SignedIn } from '../../client/messages.ts';
import { type LoadContext, untilKnown } from './attempts.ts';

/** @returns undefined when the answer to the registration that succeeded was lost */
export async function registerPlayer(
  context: LoadContext,
): Promise<{ accountId: string; refreshToken: string } | undefined> {
  const { journal } = context;
  const body = { username: inventUsername(), password: randomBytes(18).toString('base64url') };
  let unknown = 0;
  const answer = await untilKnown(
    'register',
    () => ({ method: 'POST', path: '/v1/auth/register', body }),
    context,
    () => (unknown += 1),
  );
  if (!answer) return undefined;
  if (answer.status === 201) {
    const { account, tokens } = SignedIn.parse(answer.body);
    journal.registered.add(account.id);
    journal.succeeded('register');
    return { accountId: account.id, refreshToken: tokens.refreshToken };
  }
  const taken = answer.code === 'username_taken' && unknown > 0;
  if (!taken) journal.surprise(`a registration was answered with ${answer.status}`, { body: answer.body });
  return undefined;
}
