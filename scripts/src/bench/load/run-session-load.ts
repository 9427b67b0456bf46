import { Pool } from 'undici';
import { z } from 'zod';

export interface SessionPlayer {
  username: string;
  password: string;
  /** The head of a session of theirs. */
  refreshToken: string;
}

export interface SessionLoadPlan {
  url: string;
  /** What each player does as soon as the answer before is there. */
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
export async function runSessionLoad(plan: SessionLoadPlan): Promise<SessionLoadResult> {
  const { url, what, durationMs, mostCalls = Infinity } = plan;
  const pool = new Pool(url, { connections: plan.players.length, pipelining: 1 });
  const statuses: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const startedAt = performance.now();

  async function call(path: string, body: object): Promise<unknown> {
    const sentAt = performance.now();
    const response = await pool.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.body.json();
    latenciesMs.push(performance.now() - sentAt);
    statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
    return answer;
  }

  async function play(player: SessionPlayer): Promise<SessionPlayer> {
    let { refreshToken } = player;
    for (let calls = 0; calls < mostCalls && performance.now() - startedAt < durationMs; calls += 1) {
      if (what === 'logIn') {
        await call('/v1/auth/login', { username: player.username, password: player.password });
        continue;
      }
      const { tokens } = Refreshed.parse(await call('/v1/auth/refresh', { refreshToken }));
      ({ refreshToken } = tokens);
    }
    return { ...player, refreshToken };
  }

  const players = await Promise.all(plan.players.map(play));
  const elapsedMs = performance.now() - startedAt;
  await pool.close();
  return { elapsedMs, statuses, latenciesMs, players };
}
