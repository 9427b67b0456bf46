import { setTimeout as pause } from 'node:timers/promises';
import { DomainError } from 'service-kit/http';
import type { GroupCommit } from 'service-kit/mongo';
import { isRefusal, orThrow, type Refusal } from '../../http/refusal.ts';
import type { AcceptRequest } from './decide-acceptances.ts';
import { readInviteCode } from './invite-code.ts';
import type { Acceptance } from './invite.ts';

/** @param code as the player typed it */
export type SubmitAcceptance = (code: string, accountId: string, signal: AbortSignal) => Promise<Acceptance>;

const LOOK_AGAIN_MS = 100;

/**
 * Accepts an invite for an account. Whether that is a guest, and how old, the service learns from a message, which
 * a player who has just registered may overtake: it is waited for.
 *
 * @param waitMs how long the account is waited for, in milliseconds
 */
export function submitAcceptance(deps: {
  acceptances: Pick<GroupCommit<AcceptRequest, Acceptance | Refusal>, 'submit'>;
  waitMs: number;
}): SubmitAcceptance {
  const { acceptances, waitMs } = deps;
  return async (text, accountId, signal) => {
    const request = { code: readInviteCode(text) ?? '', accountId };
    for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
      const result = await acceptances.submit(request, signal);
      if (!isRefusal(result) || result.code !== 'account_not_known_yet') return orThrow(result);
      if (waitedMs >= waitMs) {
        throw new DomainError(result.code, result.detail, { headers: { 'retry-after': '1' } });
      }
      await pause(LOOK_AGAIN_MS);
    }
  };
}
