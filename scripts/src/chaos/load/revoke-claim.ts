import { type LoadContext, untilKnown } from './attempts.ts';
import { SeenClaim } from './journal.ts';

/** An operator takes back what a player was granted; what is not granted, or not yet, is refused. */
export async function revokeClaim(
  { claimId, adminToken }: { claimId: string; adminToken: () => string },
  context: LoadContext,
): Promise<void> {
  const { journal } = context;
  const path = `/v1/claims/${claimId}/revoke`;
  const body = { reason: 'fault test' };
  const answer = await untilKnown(
    'revoke',
    () => ({ method: 'POST', path, token: adminToken(), body }),
    context,
  );
  if (!answer) return;
  if (answer.status === 202) {
    journal.saw(SeenClaim.parse(answer.body));
    journal.succeeded('revoke');
  } else if (answer.code !== 'claim_not_granted') {
    journal.surprise(`a revoke was answered with ${answer.status} ${answer.code ?? ''}`, {
      body: answer.body,
    });
  }
}
