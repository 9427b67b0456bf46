import { setTimeout as delay } from 'node:timers/promises';
import { type LoadContext, untilKnown } from './attempts.ts';

/** An operator bans an account and lets it in again: refusals by the ledger, and news that must arrive in order. */
export async function banPlayer(
  { accountId, adminToken, seconds }: { accountId: string; adminToken: () => string; seconds: number },
  context: LoadContext,
): Promise<void> {
  const { journal } = context;
  for (const status of ['banned', 'active']) {
    const body = { status, reason: 'fault test' };
    const path = `/v1/accounts/${accountId}/status`;
    const answer = await untilKnown(
      'ban',
      () => ({ method: 'PUT', path, token: adminToken(), body }),
      context,
    );
    if (answer?.status === 200) journal.succeeded('ban');
    else if (answer) journal.surprise(`a ban was answered with ${answer.status}`, { body: answer.body });
    if (status === 'banned') await delay(seconds * 1_000);
  }
}
