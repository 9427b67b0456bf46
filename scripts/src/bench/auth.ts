import { join } from 'node:path';
import { LaurelClient } from '../client/laurel-client.ts';
import { SignedIn } from '../client/messages.ts';
import { inventUsername } from '../client/operations.ts';
import { packageDirectory } from '../repository/packages.ts';
import { PrivateSystem } from '../system/private-system.ts';
import { usualPlans, type Benchmark, type Candidate, type Figures, type Measured } from './benchmark.ts';
import { sessionLoad } from './load/load.ts';
import { runApart } from './load/run-apart.ts';
import type { SessionLoadResult, SessionPlayer } from './load/run-session-load.ts';
import { median, percentile } from './statistics.ts';

const PLAYERS = 64;
/** A refresh waits for its turn more than for a processor. With few players, both processors are idle a fifth of the time. */
const MANY_PLAYERS = 256;
const TRIES_PER_ROUND = 70;
const NEVER = '1000000';
const PASSWORD = 'zebra-tooth-91';
const HASHES = 'bare argon2id';
const LOGINS = 'logins';
const KNOWN = 'wrong password, known name';
const UNKNOWN = 'wrong password, unknown name';

/** Logins against bare hashing, refreshes, and whether a login tells by its time which names there are. */
export const auth: Benchmark = {
  name: 'auth',
  summary: `logins of ${PLAYERS} players through the gateway against bare password hashing, and refreshes`,
  plans: usualPlans,
  prepare: async () => {
    const privateSystem = await PrivateSystem.start({
      overrides: {
        'auth-service': {
          LOGIN_FAILURES_PER_ACCOUNT: NEVER,
          LOGIN_FAILURES_PER_ADDRESS: NEVER,
          NEW_ACCOUNTS_PER_ADDRESS: NEVER,
          NEW_SESSIONS_PER_ACCOUNT: NEVER,
          SESSIONS_PER_ACCOUNT: '1000',
          NEW_SESSIONS_PER_ADDRESS: NEVER,
        },
      },
    });
    const { url, servers } = privateSystem.system;
    let players = await registerAll(url).catch(async (error: unknown) => {
      await privateSystem.stop();
      throw error;
    });
    const others: string[] = [];

    function sessions(name: string, what: 'logIn' | 'refresh', count = PLAYERS): Candidate {
      return {
        name,
        prepare: async (durationMs) => async () => {
          const result = await sessionLoad({ url, what, players: players.slice(0, count), durationMs });
          players = [...result.players, ...players.slice(count)];
          others.push(...Object.keys(result.statuses).filter((status) => status !== '200'));
          return figuresOf(result, what === 'logIn' ? 'logins/s' : 'refreshes/s');
        },
      };
    }

    function wrong(name: string, who: () => string): Candidate {
      return {
        name,
        prepare: async (durationMs) => async () => {
          const player = { username: who(), password: 'not-the-password', refreshToken: '' };
          const plan = { url, what: 'logIn', durationMs, mostCalls: TRIES_PER_ROUND } as const;
          const { latenciesMs } = await sessionLoad({ ...plan, players: [player] });
          return { 'refused p50 ms': median(latenciesMs), tries: latenciesMs.length };
        },
      };
    }

    return {
      processes: servers,
      candidates: [
        bareHashing(),
        sessions(LOGINS, 'logIn'),
        sessions(`refreshes of ${PLAYERS}`, 'refresh'),
        sessions(`refreshes of ${MANY_PLAYERS}`, 'refresh', MANY_PLAYERS),
        wrong(KNOWN, () => players[0]?.username ?? ''),
        wrong(UNKNOWN, inventUsername),
      ],
      verify: async () => {
        if (others.length > 0) throw new Error(`some were answered ${[...new Set(others)].join(', ')}`);
      },
      stop: () => privateSystem.stop(),
    };
  },
  conclude: (measured) => [
    `logins/s are ${ratio(figure(measured, LOGINS, 'logins/s'), figure(measured, HASHES, 'hashes/s'))} of bare hashing`,
    `an unknown name takes ${ratio(figure(measured, UNKNOWN, 'refused p50 ms'), figure(measured, KNOWN, 'refused p50 ms'))} of the time of a known one`,
  ],
};

function bareHashing(): Candidate {
  const directory = packageDirectory('auth-service');
  const program = join(directory, 'bench', 'hash-passwords.ts');
  return {
    name: HASHES,
    prepare: async (durationMs) => async () => {
      const { hashes } = await runApart<{ hashes: number }>(program, { durationMs }, directory);
      return { 'hashes/s': hashes / (durationMs / 1_000) };
    },
  };
}

async function registerAll(url: string): Promise<SessionPlayer[]> {
  const client = new LaurelClient(url);
  const players: SessionPlayer[] = [];
  // No more at a time than may wait to have their password hashed.
  while (players.length < MANY_PLAYERS) {
    players.push(...(await Promise.all(Array.from({ length: PLAYERS }, () => register(client)))));
  }
  return players;
}

async function register(client: LaurelClient): Promise<SessionPlayer> {
  const player = { username: inventUsername(), password: PASSWORD };
  const options = { body: player, timeoutMs: 60_000 };
  const { body } = await client.expect([201], SignedIn, 'POST', '/v1/auth/register', options);
  return { ...player, refreshToken: body.tokens.refreshToken };
}

function figuresOf({ latenciesMs, elapsedMs }: SessionLoadResult, rate: string): Figures {
  return {
    [rate]: latenciesMs.length / (elapsedMs / 1_000),
    'p50 ms': percentile(latenciesMs, 0.5),
    'p99 ms': percentile(latenciesMs, 0.99),
  };
}

function figure(measured: readonly Measured[], candidate: string, name: string): number {
  const rounds = measured.find((one) => one.candidate === candidate)?.rounds ?? [];
  return median(rounds.map((figures) => figures[name] ?? Number.NaN));
}

const ratio = (one: number, other: number): string => `${Math.round((one / other) * 100)} %`;
