import { hashOf, type RefreshToken } from './refresh-token.ts';
import { isLive, type Session } from './session.ts';

/** How long after a rotation the replaced token is still answered, with the successor that it already has. */
export const GRACE_MS = 10_000;

/**
 * - `repeat`: a parallel or repeated request; the successor is the head and may be given again;
 * - `reuse`: a token that was replaced for good has come back, so there is a copy of it; the session dies;
 * - `invalid`: nothing that says anything against the session.
 */
export type RefreshDecision = 'repeat' | 'reuse' | 'invalid';

/**
 * Judges a genuine token that is not the head of its session.
 *
 * @param session as it is now; undefined when there is none
 */
export function judgeReplacedToken(
  session: Session | undefined,
  presented: RefreshToken,
  successor: RefreshToken,
  now: Date,
): RefreshDecision {
  if (!session || !isLive(session, now)) return 'invalid';
  if (presented.generation >= session.generation) return 'invalid';
  const isParent = presented.generation === session.generation - 1 && hashOf(successor) === session.tokenHash;
  const isRecent = now.getTime() - session.rotatedAt.getTime() <= GRACE_MS;
  return isParent && isRecent ? 'repeat' : 'reuse';
}
