import { MongoClient } from 'mongodb';
import { join } from 'node:path';
import { repositoryRoot, serviceNames } from '../../repository/packages.ts';
import { LaurelSystem } from '../../system/laurel-system.ts';
import { bareEnvironment, freeAddresses, PrivateBackingServices } from '../../system/private-system.ts';
import { installPackage } from '../../toolchain/install-package.ts';
import type { Candidate, PreparedBenchmark } from '../benchmark.ts';
import { seedAccounts } from '../seed-accounts.ts';
import { startTokenMint, type TokenMint } from '../token-mint.ts';

const STOCK = 100_000_000;
const QUANTITY = 5;

/** A private system with an event whose one reward everybody may claim once. */
export interface ClaimStage {
  privateSystem: StageSystem;
  mint: TokenMint;
  client: MongoClient;
  eventId: string;
  rewardId: string;
}

/** The services of one checkout on private backing services. */
interface StageSystem {
  system: LaurelSystem;
  stop(): Promise<void>;
}

export interface ClaimStageOptions {
  /** More fields of the event. */
  event?: object;
  /** The checkout whose services run. Default: this one. */
  checkout?: string;
}

export async function setClaimStage({
  event = {},
  checkout = repositoryRoot,
}: ClaimStageOptions = {}): Promise<ClaimStage> {
  for (const service of serviceNames) await installPackage(join(checkout, service));
  const mint = await startTokenMint();
  const privateSystem = await startSystem(checkout, mint).catch(async (error: unknown) => {
    // The server of the mint would keep the command from ending.
    await mint.stop();
    throw error;
  });
  const client = await MongoClient.connect(privateSystem.system.backing.mongodb.url);
  return { privateSystem, mint, client, ...(await makeLiveEvent({ privateSystem, mint }, event)) };
}

async function startSystem(checkout: string, mint: TokenMint): Promise<StageSystem> {
  const backing = await PrivateBackingServices.start();
  const system = new LaurelSystem({
    backing: backing.services,
    credentials: backing.credentials,
    addresses: await freeAddresses(),
    baseEnvironment: bareEnvironment(),
    folders: Object.fromEntries(serviceNames.map((service) => [service, join(checkout, service)])),
    // All players of a benchmark come from one address.
    overrides: { 'api-gateway': { JWKS_URL: mint.jwksUrl, CONNECTIONS_PER_ADDRESS: '10000' } },
    surroundings: backing.surroundings,
  });
  const stop = async (): Promise<void> => {
    await system.stopServices();
    await backing.stop();
  };
  await system.startServices().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { system, stop };
}

/** An event with one reward that everybody may claim once, from now on. */
export async function makeLiveEvent(
  { privateSystem, mint }: Pick<ClaimStage, 'privateSystem' | 'mint'>,
  event: object = {},
): Promise<Pick<ClaimStage, 'eventId' | 'rewardId'>> {
  const { url } = privateSystem.system;
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
  const { id: eventId } = await call('/v1/events', {
    name: 'Benchmark',
    kind: 'activity',
    timeZone: 'UTC',
    startsAt: new Date(Date.now() - 60_000).toISOString(),
    endsAt: new Date(Date.now() + 86_400_000).toISOString(),
    repeat: 'once',
    ...event,
  });
  const reward = await call(`/v1/events/${eventId}/rewards`, {
    name: 'Hot',
    kind: 'currency',
    asset: 'gold',
    quantity: QUANTITY,
    stock: STOCK,
    perAccount: 1,
  });
  await call(`/v1/events/${eventId}/status`, { status: 'scheduled' });
  return { eventId, rewardId: reward.id };
}

export async function strikeClaimStage({ privateSystem, mint, client }: ClaimStage): Promise<void> {
  await client.close();
  await privateSystem.stop();
  await mint.stop();
}

/**
 * Makes ready a benchmark that claims.
 *
 * @param arrange gives the candidates; the stages that `set` gave it are measured, verified and struck with them
 * @throws what `arrange` throws, after the stages set until then have been struck
 */
export async function prepareClaims(
  arrange: (set: (options?: ClaimStageOptions) => Promise<ClaimStage>) => Promise<Candidate[]>,
): Promise<PreparedBenchmark> {
  const stages: ClaimStage[] = [];
  const stop = async (): Promise<void> => {
    for (const stage of stages) await strikeClaimStage(stage);
  };
  try {
    const candidates = await arrange(async (options) => {
      const stage = await setClaimStage(options);
      stages.push(stage);
      return stage;
    });
    return {
      processes: stages.flatMap(({ privateSystem }) => privateSystem.system.servers),
      candidates,
      verify: async () => {
        for (const stage of stages) await everyClaimGrantedOnce(stage);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Accounts without a claim, and a token for each. */
export async function newPlayers(
  { privateSystem, mint, client }: ClaimStage,
  count: number,
): Promise<string[]> {
  const { url } = privateSystem.system;
  const ids = await seedAccounts({ url, client, count });
  return ids.map((accountId) => mint.accessToken({ accountId, roles: ['USER'], issuer: url }));
}

export async function stockOf({
  privateSystem,
  mint,
  eventId,
  rewardId,
}: ClaimStage): Promise<{ reserved: number; granted: number }> {
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
export async function everyClaimGrantedOnce({ client, rewardId, ...stage }: ClaimStage): Promise<void> {
  const { granted } = await stockOf({ client, rewardId, ...stage });
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
  const right = [claimed, entries, balances?.owners ?? 0, (balances?.total ?? 0) / QUANTITY].every(
    (count) => count === granted,
  );
  if (!right) throw new Error(`claims, ledger and balances do not agree: ${JSON.stringify(seen)}`);
}
