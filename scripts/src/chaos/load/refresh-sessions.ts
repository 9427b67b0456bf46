import { z } from 'zod';
import { type LoadContext, untilKnown } from './attempts.ts';
import { registerPlayer } from './register-player.ts';

export interface PlayerSession {
  accountId: string;
  refreshToken: string;
  /** When the last unanswered request was sent, in Unix milliseconds. */
  unansweredAt: number | undefined;
  busy: boolean;
}

const Refreshed = z.object({ tokens: z.object({ refreshToken: z.string() }) });

/**
 * An old token that comes in again later ends its session, by design. So a request with a lost answer, which may still
 * lie somewhere, can cost the session for as long as anything here can hold a request.
 */
const LATE_MS = 90_000;

/** Replaces the refresh token of a session; a client does so one at a time. */
export async function refresh(session: PlayerSession, context: LoadContext): Promise<void> {
  if (session.busy) return;
  session.busy = true;
  try {
    await replaceToken(session, context);
  } finally {
    session.busy = false;
  }
}

async function replaceToken(session: PlayerSession, context: LoadContext): Promise<void> {
  const { journal } = context;
  const body = { refreshToken: session.refreshToken };
  const answer = await untilKnown(
    'refresh',
    () => ({ method: 'POST', path: '/v1/auth/refresh', body }),
    context,
    () => (session.unansweredAt = Date.now()),
  );
  if (!answer) return;
  if (answer.status === 200) {
    session.refreshToken = Refreshed.parse(answer.body).tokens.refreshToken;
    journal.succeeded('refresh');
    return;
  }
  const excused = session.unansweredAt !== undefined && Date.now() - session.unansweredAt < LATE_MS;
  if (answer.status === 401 && excused) journal.sessionsLost += 1;
  else journal.surprise(`a refresh was answered with ${answer.status}`, { session, body: answer.body });
  const fresh = await registerPlayer(context);
  if (fresh) Object.assign(session, { ...fresh, unansweredAt: undefined });
}
