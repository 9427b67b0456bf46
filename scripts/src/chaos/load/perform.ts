import type { ChaosStage } from '../stage/set-stage.ts';
import type { LoadContext } from './attempts.ts';
import { banPlayer } from './ban-player.ts';
import { checkIn } from './check-in.ts';
import { claimReward, readClaim } from './claim-reward.ts';
import type { Intent } from './intents.ts';
import { type PlayerSession, refresh } from './refresh-sessions.ts';
import { registerPlayer } from './register-player.ts';
import { revokeClaim } from './revoke-claim.ts';

/** Performs each intent by its requests. */
export function createPerformer(stage: ChaosStage, sessions: readonly PlayerSession[], context: LoadContext) {
  const { events, players, tokenFor, adminToken } = stage;
  const startedAt = performance.now();
  /** The newest claim of each player, from an answer. */
  const lastClaims = new Map<string, string>();
  /** The newest claim of any player, from an answer. */
  let latestClaim: string | undefined;

  function accountOf(player: number): { accountId: string; token: string } {
    const accountId = players[player];
    if (accountId === undefined) throw new RangeError(`there is no player ${player}`);
    return { accountId, token: tokenFor(accountId) };
  }

  return async (intent: Intent): Promise<void> => {
    context.journal.operations += 1;
    switch (intent.kind) {
      case 'claim': {
        const account = accountOf(intent.player);
        const { eventId, rewardId } = events.rewardFor(intent.reward, performance.now() - startedAt);
        await claimReward({ ...account, eventId, rewardId }, context);
        const [claimId] = context.journal.claim(eventId, rewardId, account.accountId).seen;
        if (claimId === undefined) return;
        lastClaims.set(account.accountId, claimId);
        latestClaim = claimId;
        return;
      }
      case 'check-in':
        return checkIn({ ...accountOf(intent.player), eventId: events.attendanceEventId }, context);
      case 'read': {
        const { accountId, token } = accountOf(intent.player);
        const claimId = lastClaims.get(accountId);
        if (claimId !== undefined) await readClaim(claimId, token, context);
        return;
      }
      case 'refresh': {
        const session = sessions[intent.session];
        if (session) await refresh(session, context);
        return;
      }
      case 'register':
        return void (await registerPlayer(context));
      case 'ban': {
        const { accountId } = accountOf(intent.player);
        return banPlayer({ accountId, adminToken, seconds: intent.seconds }, context);
      }
      case 'revoke':
        if (latestClaim !== undefined) await revokeClaim({ claimId: latestClaim, adminToken }, context);
        return;
    }
  };
}
