import { connect } from 'amqplib';
import { type Db, MongoClient } from 'mongodb';
import type { BackingServices } from '../backing-services/backing-services.ts';

interface ClaimRow {
  _id: string;
  accountId: string;
  rewardId: string;
  eventId: string;
  period: string;
  status: string;
}

interface LedgerRow {
  _id: string;
  accountId: string;
  grantId?: string;
  kind: string;
  asset: string;
  quantity: number;
}

const workQueues = [
  'auth-service.reward-requests',
  'game-event-service.reward-results',
  'game-event-service.account-events',
];

/**
 * What must be true of a quiet system, whatever happened to it before. Reads the stores of both services and the
 * broker, which nobody but a checker may do. Answers what is broken, one string each.
 */
export async function brokenInvariants(backing: BackingServices): Promise<string[]> {
  const client = new MongoClient(backing.mongodb.url);
  try {
    const [events, auth] = [client.db('event_db'), client.db('auth_db')];
    const claims = await events.collection<ClaimRow>('claims').find().toArray();
    const ledger = await auth.collection<LedgerRow>('ledger').find().toArray();
    const parts = await Promise.all([
      oneGrantEach(claims, ledger),
      stockAddsUp(events, claims),
      balancesAreSums(auth, ledger),
      outboxesAreEmpty(events, auth),
      queuesAreEmpty(backing),
    ]);
    return parts.flat();
  } finally {
    await client.close();
  }
}

/** I2, I5, I6: every claim final; granted and revoked exactly when the ledger says so, once per grant and per claim. */
async function oneGrantEach(claims: ClaimRow[], ledger: LedgerRow[]): Promise<string[]> {
  const broken: string[] = [];
  const grants = ledger.filter(({ kind, grantId }) => kind === 'grant' && grantId !== undefined);
  const claimIdOf = ({ grantId = '' }: LedgerRow): string => grantId.slice(0, grantId.lastIndexOf('.'));
  const entriesOf = Map.groupBy(grants, claimIdOf);
  const reversed = new Set(ledger.filter(({ kind }) => kind === 'reversal').map(claimIdOf));
  for (const { _id, status } of claims) {
    const expected = status === 'granted' || status === 'revoked' ? 1 : 0;
    const entries = entriesOf.get(_id)?.length ?? 0;
    entriesOf.delete(_id);
    if (status === 'pending' || status === 'revoking') broken.push(`claim ${_id} is still ${status}`);
    else if (entries !== expected)
      broken.push(`claim ${_id} is ${status} and has ${entries} grants in the ledger`);
    else if (reversed.has(_id) !== (status === 'revoked'))
      broken.push(`claim ${_id} is ${status}, and the ledger has ${reversed.has(_id) ? 'a' : 'no'} reversal`);
  }
  for (const claimId of entriesOf.keys()) broken.push(`the ledger grants ${claimId}, which is no claim`);
  const keys = Map.groupBy(claims, (claim) =>
    [claim.eventId, claim.rewardId, claim.accountId, claim.period].join(' '),
  );
  for (const [key, same] of keys) if (same.length > 1) broken.push(`${same.length} claims for ${key}`);
  return broken;
}

/** I3: nothing reserved when quiet, and what was taken is what was granted. */
async function stockAddsUp(events: Db, claims: ClaimRow[]): Promise<string[]> {
  const stocks = await events
    .collection<{ _id: string; total: number | null; taken: number }>('rewardStock')
    .find()
    .toArray();
  const counted = await events.collection<{ _id: string; granted: number }>('rewardGrants').find().toArray();
  const sharesOf = Map.groupBy(stocks, ({ _id }) => rewardOf(_id));
  return [...sharesOf].flatMap(([id, shares]) => {
    const isUnlimited = shares.some((share) => share.total === null);
    const total = isUnlimited ? null : sumOfParts(id, shares, (share) => share.total ?? 0);
    const taken = sumOfParts(id, shares, (share) => share.taken);
    const granted = sumOfParts(id, counted, (part) => part.granted);
    const owned = claims.filter(
      ({ rewardId, status }) => rewardId === id && ['granted', 'revoked'].includes(status),
    );
    const seen = `taken ${taken}, granted ${granted}, claims granted ${owned.length}, of ${total ?? 'any number'}`;
    const right =
      taken === granted && granted === owned.length && taken >= 0 && (total === null || taken <= total);
    return right ? [] : [`stock of ${id} does not add up: ${seen}`];
  });
}

/** What is counted of a reward is the sum of several documents, `REWARD` or `REWARD:PART`. */
const rewardOf = (id: string): string => id.split(':')[0] ?? id;

/** @returns the sum of a figure over the documents of a reward; 0 where there is none */
export function sumOfParts<Row extends { _id: string }>(
  rewardId: string,
  rows: readonly Row[],
  figure: (row: Row) => number,
): number {
  return rows.filter(({ _id }) => rewardOf(_id) === rewardId).reduce((sum, row) => sum + figure(row), 0);
}

/** I4: every balance is the sum of its ledger. */
async function balancesAreSums(auth: Db, ledger: LedgerRow[]): Promise<string[]> {
  const balances = await auth
    .collection<{ _id: string; accountId: string; asset: string; quantity: number }>('balances')
    .find()
    .toArray();
  const owned = (row: { accountId: string; asset: string }) => `${row.accountId} ${row.asset}`;
  const sums = Map.groupBy(ledger, owned);
  return balances.flatMap((balance) => {
    const entries = sums.get(owned(balance)) ?? [];
    const sum = entries.reduce((total, { quantity }) => total + quantity, 0);
    return sum === balance.quantity
      ? []
      : [`balance ${owned(balance)} is ${balance.quantity}, its ledger ${sum}`];
  });
}

/** I8, first half. */
async function outboxesAreEmpty(...databases: Db[]): Promise<string[]> {
  const counts = databases.map(async (db) => {
    const count = await db.collection('outbox').countDocuments();
    return count === 0 ? [] : [`the outbox of ${db.databaseName} holds ${count} messages`];
  });
  return (await Promise.all(counts)).flat();
}

/** I8, second half, and no message given up. */
async function queuesAreEmpty(backing: BackingServices): Promise<string[]> {
  const connection = await connect(backing.rabbitmq.url);
  try {
    const channel = await connection.createChannel();
    const broken: string[] = [];
    for (const queue of workQueues.flatMap((name) => [name, `${name}.dead`])) {
      const { messageCount } = await channel.checkQueue(queue);
      if (messageCount > 0) broken.push(`${queue} holds ${messageCount} messages`);
    }
    return broken;
  } finally {
    await connection.close();
  }
}
