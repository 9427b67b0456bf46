import { z } from 'zod';
import { HttpClient, requestBytes } from './http-client.ts';
import { answerOnce } from './run-apart.ts';

export interface SessionPlayer {
  username: string;
  password: string;
  /** The head of a session of theirs. */
  refreshToken: string;
}

export interface SessionLoadPlan {
  url: string;
  /** The call that each player repeats after each answer. */
  what: 'logIn' | 'refresh';
  players: readonly SessionPlayer[];
  /** The load ends after this time, in milliseconds, or after so many calls of each player. */
  durationMs: number;
  mostCalls?: number;
}

export interface SessionLoadResult {
  elapsedMs: number;
  statuses: Record<string, number>;
  /** Of every answer, in milliseconds. */
  latenciesMs: number[];
  /** The players as they are now: a refresh gave them another token. */
  players: SessionPlayer[];
}

const Refreshed = z.object({ tokens: z.object({ refreshToken: z.string() }) });

/** All players at once, each with a connection of their own. */
async function runSessionLoad(plan: SessionLoadPlan): Promise<SessionLoadResult> {
  const { url, what, durationMs, mostCalls = Infinity } = plan;
  const client = new HttpClient(url, plan.players.length);
  const statuses: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const startedAt = performance.now();

  async function call(path: string, content: object): Promise<Buffer> {
    const sentAt = performance.now();
    const request = requestBytes({ method: 'POST', path, body: JSON.stringify(content) });
    const { status, body } = await client.exchange(request);
    latenciesMs.push(performance.now() - sentAt);
    statuses[status] = (statuses[status] ?? 0) + 1;
    return body;
  }

  async function play(player: SessionPlayer): Promise<SessionPlayer> {
    let { refreshToken } = player;
    for (let calls = 0; calls < mostCalls && performance.now() - startedAt < durationMs; calls += 1) {
      if (what === 'logIn') {
        await call('/v1/auth/login', { username: player.username, password: player.password });
        continue;
      }
      const answer = await call('/v1/auth/refresh', { refreshToken });
      ({ refreshToken } = Refreshed.parse(JSON.parse(answer.toString())).tokens);
    }
    return { ...player, refreshToken };
  }

  const players = await Promise.all(plan.players.map(play));
  const elapsedMs = performance.now() - startedAt;
  client.close();
  return { elapsedMs, statuses, latenciesMs, players };
}

answerOnce(runSessionLoad);
