import { LaurelClient } from '../client/laurel-client.ts';
import * as operations from '../client/operations.ts';

export interface FirstRewardOptions {
  /** Where the gateway is. */
  url: string;
  adminUsername: string;
  adminPassword: string;
  /** Gets each step with its result and its time. */
  onStep(text: string, ms: number): void;
}

export interface FirstReward {
  accountId: string;
  claimId: string;
  ledgerEntryId: string;
}

const STOCK = 1000;

/** Plays the first reward: an operator creates an event, a player checks in, claims and owns the reward. */
export async function playFirstReward(options: FirstRewardOptions): Promise<FirstReward> {
  const client = new LaurelClient(options.url);
  const { adminUsername, adminPassword } = options;

  const step = async <T>(work: () => Promise<T>, tell: (result: T) => string): Promise<T> => {
    const startedAt = performance.now();
    const result = await work();
    options.onStep(tell(result), performance.now() - startedAt);
    return result;
  };

  const admin = await step(
    () => operations.logIn(client, adminUsername, adminPassword),
    ({ account }) => `${account.username} logs in`,
  );
  const adminToken = admin.tokens.accessToken;
  const event = await step(
    () => operations.createAttendanceEvent(client, adminToken, 'Welcome'),
    ({ id }) => `creates the attendance event ${id}: one check-in earns one claim`,
  );
  await step(
    () => operations.createGoldReward(client, adminToken, event.id, STOCK),
    ({ id }) => `adds the reward ${id}: 100 gold, ${STOCK} in stock`,
  );
  await step(
    () => operations.activateEvent(client, adminToken, event.id),
    ({ status }) => `schedules the event, which is ${status} now`,
  );

  const player = await step(
    () => operations.registerPlayer(client),
    ({ account }) => `${account.username} registers`,
  );
  const token = player.tokens.accessToken;
  await step(
    () => operations.checkIn(client, token, event.id),
    ({ day, streak }) => `checks in for ${day} (day ${streak} in a row)`,
  );
  const { claim } = await step(
    () => operations.claimReward(client, token, event.id),
    ({ claim, polled }) =>
      `claims the reward: ${claim.status}${polled ? ', answered after the request' : ''}`,
  );
  if (claim.status !== 'granted') throw new Error(`The claim ${claim.id} ended ${claim.status}.`);
  await step(
    () => operations.readEntitlements(client, token),
    (items) => `owns ${items.map(({ quantity, asset }) => `${quantity} ${asset}`).join(', ')}`,
  );
  const [entry] = await step(
    () => operations.readLedger(client, token),
    (entries) =>
      `reads the ledger: ${entries.length === 1 ? 'one entry' : `${entries.length} entries`}, ${entries[0]?.id ?? ''}`,
  );
  if (entry === undefined) throw new Error('The ledger has no entry for a granted claim.');
  return { accountId: player.account.id, claimId: claim.id, ledgerEntryId: entry.id };
}
