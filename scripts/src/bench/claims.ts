import { MongoClient } from 'mongodb';
import { waitUntil } from '../processes/wait-until.ts';
import { PrivateSystem } from '../system/private-system.ts';
import type { Benchmark, Candidate, Figures, PreparedBenchmark } from './benchmark.ts';
import { load } from './load/load.ts';
import type { LoadPlan } from './load/run-load.ts';
import { seedAccounts } from './seed-accounts.ts';
import { percentile } from './statistics.ts';
import { startTokenMint, type TokenMint } from './token-mint.ts';

/** More accounts than any machine claims for in a second, so that a round never runs out of them. */
const ACCOUNTS_PER_SECOND = 6_000;
const STOCK = 100_000_000;
const QUANTITY = 5;
const SETTLED_WITHIN_MS = 60_000;

interface Stage {
  privateSystem: PrivateSystem;
  mint: TokenMint;
  client: MongoClient;
  eventId: string;
  rewardId: string;
}

/** Granted claims a second on one hot reward, through the gateway, with each claim's time from request to granted. */
export const claims: Benchmark = {
  name: 'claims',
  summary:
    'granted claims a second on one hot reward, through the gateway, and the time from request to granted',
  prepare: async () => {
    const stage = await setStage();
    return {
      system: stage.privateSystem.system,
      candidates: [closedLoop(stage, 64), closedLoop(stage, 256), closedLoop(stage, 512)],
      verify: () => everyClaimGrantedOnce(stage),
      stop: () => strike(stage),
    } satisfies PreparedBenchmark;
  },
};

async function setStage(): Promise<Stage> {
  const mint = await startTokenMint();
  const privateSystem = await PrivateSystem.start({
    overrides: { 'api-gateway': { JWKS_URL: mint.jwksUrl } },
  });
  const { url, backing } = privateSystem.system;
  const client = await MongoClient.connect(backing.mongodb.url);
  const token = mint.accessToken({ accountId: 'acc_bench', roles: ['ADMIN'], issuer: url });
  const call = async (path: string, body: object): Promise<{ id: string }> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what these calls answer by their contract
    return (await response.json()) as { id: string };
  };
  const event = await call('/v1/events', {
    name: 'Benchmark',
    kind: 'activity',
    timeZone: 'UTC',
    startsAt: new Date(Date.now() - 60_000).toISOString(),
    endsAt: new Date(Date.now() + 86_400_000).toISOString(),
    repeat: 'once',
  });
  const reward = await call(`/v1/events/${event.id}/rewards`, {
    name: 'Hot',
    kind: 'currency',
    asset: 'gold',
    quantity: QUANTITY,
    stock: STOCK,
    perAccount: 1,
  });
  await call(`/v1/events/${event.id}/status`, { status: 'scheduled' });
  return { privateSystem, mint, client, eventId: event.id, rewardId: reward.id };
}

async function strike({ privateSystem, mint, client }: Stage): Promise<void> {
  await client.close();
  await privateSystem.stop();
  await mint.stop();
}

/** As many players as connections, each claiming again with another account as soon as it has its answer. */
function closedLoop(stage: Stage, connections: number): Candidate {
  return {
    name: `${connections} clients`,
    prepare: async (durationMs) => {
      const tokens = await newPlayers(stage, Math.ceil((durationMs / 1_000) * ACCOUNTS_PER_SECOND));
      return () => claimAll(stage, { tokens, connections, durationMs });
    },
  };
}

async function claimAll(
  stage: Stage,
  plan: Pick<LoadPlan, 'tokens' | 'connections' | 'durationMs'>,
): Promise<Figures> {
  const before = await stock(stage);
  const startedAt = performance.now();
  const { url } = stage.privateSystem.system;
  const path = `/v1/events/${stage.eventId}/claims`;
  const result = await load({ ...plan, url, path, method: 'POST', body: '{}' });
  const settled = { limitMs: SETTLED_WITHIN_MS, everyMs: 20, what: 'every claim to be settled' };
  await waitUntil(async () => (await stock(stage)).reserved === 0, settled);
  const granted = (await stock(stage)).granted - before.granted;
  const seconds = (performance.now() - startedAt) / 1_000;
  return figuresOf(result.statuses, result.latenciesMs, granted, seconds);
}

function figuresOf(
  statuses: Record<string, number>,
  latenciesMs: number[],
  granted: number,
  seconds: number,
): Figures {
  const { 201: created = 0, 202: pending = 0, ...others } = statuses;
  return {
    'granted/s': granted / seconds,
    'p50 ms': percentile(latenciesMs, 0.5),
    'p99 ms': percentile(latenciesMs, 0.99),
    'answered granted': created,
    'answered pending': pending,
    'answered otherwise': Object.values(others).reduce((sum, count) => sum + count, 0),
  };
}

/** Accounts that nobody has claimed with, and a token for each. */
async function newPlayers({ privateSystem, mint, client }: Stage, count: number): Promise<string[]> {
  const { url } = privateSystem.system;
  const ids = await seedAccounts({ url, client, count });
  return ids.map((accountId) => mint.accessToken({ accountId, roles: ['USER'], issuer: url }));
}

async function stock({
  privateSystem,
  mint,
  eventId,
  rewardId,
}: Stage): Promise<{ reserved: number; granted: number }> {
  const { url } = privateSystem.system;
  const token = mint.accessToken({ accountId: 'acc_bench', roles: ['ADMIN'], issuer: url });
  const response = await fetch(`${url}/v1/events/${eventId}/rewards/${rewardId}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`the reward was answered with ${response.status}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a reward is by its contract
  return (await response.json()) as { reserved: number; granted: number };
}

/** A figure counts only when the work was right: one ledger entry for each granted claim, and none besides. */
async function everyClaimGrantedOnce({ client, rewardId, ...stage }: Stage): Promise<void> {
  const { granted } = await stock({ client, rewardId, ...stage });
  const claimed = await client
    .db('event_db')
    .collection('claims')
    .countDocuments({ rewardId, status: 'granted' });
  const entries = await client.db('auth_db').collection('ledger').countDocuments();
  const balances = await client
    .db('auth_db')
    .collection('balances')
    .aggregate<{ total: number; owners: number }>([
      { $group: { _id: null, total: { $sum: '$quantity' }, owners: { $sum: 1 } } },
    ])
    .next();
  const seen = { granted, claimed, entries, owners: balances?.owners, total: balances?.total };
  const right = [claimed, entries, balances?.owners, (balances?.total ?? 0) / QUANTITY].every(
    (count) => count === granted,
  );
  if (!right) throw new Error(`claims, ledger and balances do not agree: ${JSON.stringify(seen)}`);
}
