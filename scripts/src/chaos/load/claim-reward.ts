import { type LoadContext, pause, untilKnown } from './attempts.ts';
import { type ClaimRecord, SeenClaim } from './journal.ts';

export interface ClaimOrder {
  eventId: string;
  rewardId: string;
  accountId: string;
  token: string;
}

/** Refusals that a player may meet, by status. */
const REFUSALS: Record<number, readonly string[]> = {
  403: ['account_banned'],
  409: ['cap_reached', 'out_of_stock', 'account_banned', 'cancelled'],
  422: ['conditions_not_met'],
};
const CLAIMS_AT_MOST = 3;
/** After a 202 the client waits before it polls: without the pause, polling would be a load of its own. */
const FIRST_LOOK = 3;

/** Claims until there is an outcome; a claim that the ledger refused after its deadline is claimed again. */
export async function claimReward(order: ClaimOrder, context: LoadContext): Promise<void> {
  for (let claims = 0; claims < CLAIMS_AT_MOST; claims += 1) {
    if ((await claimOnce(order, context)) !== 'cancelled') return;
  }
}

async function claimOnce(order: ClaimOrder, context: LoadContext): Promise<'done' | 'cancelled'> {
  const { journal } = context;
  const { eventId, rewardId, accountId, token } = order;
  const record = journal.claim(eventId, rewardId, accountId);
  const request = {
    method: 'POST',
    path: `/v1/events/${eventId}/claims`,
    token,
    body: { rewardId },
  } as const;
  const answer = await untilKnown(
    'claim',
    () => request,
    context,
    () => (record.unknown += 1),
  );
  if (!answer) return 'done';
  const { status, code = '', body } = answer;
  if (status <= 202) {
    journal.succeeded('claim');
    return saw(body, order, record, context);
  }
  if (!REFUSALS[status]?.includes(code)) {
    journal.surprise(`a claim was answered with ${status} ${code}`, { order: { ...order, token: '' }, body });
    return 'done';
  }
  journal.succeeded('claim');
  record.refusals.add(code);
  return code === 'cancelled' ? 'cancelled' : 'done';
}

async function saw(
  body: unknown,
  order: ClaimOrder,
  record: ClaimRecord,
  context: LoadContext,
): Promise<'done' | 'cancelled'> {
  const { journal } = context;
  const claim = SeenClaim.parse(body);
  journal.saw(claim);
  if (!record.seen.has(claim.id)) record.seen.add(claim.id);
  if (
    claim.eventId !== order.eventId ||
    claim.rewardId !== order.rewardId ||
    claim.accountId !== order.accountId
  ) {
    journal.surprise("a claim was answered with somebody else's", { order: { ...order, token: '' }, claim });
  }
  if (claim.status === 'granted') {
    journal.succeeded('grant');
    return 'done';
  }
  return claim.status === 'pending' ? followClaim(claim.id, order.token, context) : 'done';
}

/** Polls the claim until it is decided. */
async function followClaim(
  claimId: string,
  token: string,
  context: LoadContext,
): Promise<'done' | 'cancelled'> {
  for (let looks = 0; !context.isOver(); looks += 1) {
    await pause(looks + FIRST_LOOK);
    const claim = await readClaim(claimId, token, context);
    if (!claim) return 'done';
    if (claim.status === 'granted') context.journal.succeeded('grant');
    if (claim.status !== 'pending') return claim.status === 'rejected' ? 'cancelled' : 'done';
  }
  return 'done';
}

export async function readClaim(
  claimId: string,
  token: string,
  context: LoadContext,
): Promise<SeenClaim | undefined> {
  const { journal } = context;
  const request = { method: 'GET', path: `/v1/claims/${claimId}`, token } as const;
  const answer = await untilKnown('read', () => request, context);
  if (!answer) return undefined;
  if (answer.status !== 200) {
    journal.surprise(`a claim was read with ${answer.status}`, { claimId, body: answer.body });
    return undefined;
  }
  const claim = SeenClaim.parse(answer.body);
  journal.saw(claim);
  journal.succeeded('read');
  return claim;
}
