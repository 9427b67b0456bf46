import { MongoClient } from 'mongodb';
import type { BackingServices } from '../backing-services/backing-services.ts';
import { BrokerObserver } from '../chaos/broker/broker-observer.ts';
import { workQueuesIn } from '../chaos/broker/queues.ts';
import { accountsAreKnown } from '../chaos/checks/accounts-are-known.ts';
import { balancesAreSums } from '../chaos/checks/balances-are-sums.ts';
import { claimsMatchDecisions } from '../chaos/checks/claims-match-decisions.ts';
import { grantedOnce } from '../chaos/checks/granted-once.ts';
import { nothingLeftOver } from '../chaos/checks/nothing-left-over.ts';
import { deadLetters, handledMessages, outboxes } from '../chaos/checks/read-messages.ts';
import { settledInTime } from '../chaos/checks/settled-in-time.ts';
import { stockAddsUp } from '../chaos/checks/stock-adds-up.ts';
import { readSystemState, type SystemState } from '../chaos/checks/system-state.ts';
import type { Verdict } from '../chaos/checks/verdict.ts';
import { brokersOf } from '../chaos/stage/chaos-system.ts';
import type { StagedReward } from '../chaos/stage/event-stage.ts';

/**
 * Checks a quiet system by the rules of the chaos run that need only the stores and the broker.
 *
 * @returns one sentence for each breach
 */
export async function brokenInvariants({ mongodb, rabbitmq }: BackingServices): Promise<string[]> {
  const mongo = new MongoClient(mongodb.url);
  const broker = new BrokerObserver([rabbitmq.url], brokersOf(rabbitmq.servers));
  try {
    const broken = breachesOf(checkStores(await readSystemState(mongo)));
    // To ask RabbitMQ takes seconds; a system that is not quiet yet is asked again anyway.
    return broken.length > 0 ? broken : breachesOf(await checkMessages(mongo, broker));
  } finally {
    await mongo.close();
  }
}

function checkStores(state: SystemState): Verdict[] {
  const noTimes = { deadlineMs: 0, faults: [] };
  return [
    grantedOnce(state),
    stockAddsUp(storedRewards(state), undefined, [], state),
    balancesAreSums(state, []),
    settledInTime(state, [], { dead: [], poison: [] }, noTimes),
    claimsMatchDecisions(state),
    accountsAreKnown(new Set(), state),
  ];
}

async function checkMessages(mongo: MongoClient, broker: BrokerObserver): Promise<Verdict[]> {
  const bindings = await broker.bindings();
  const dead = await deadLetters(broker, workQueuesIn(bindings));
  const noTimes = { deadlineMs: 0, faults: [] };
  return [
    settledInTime({ claims: [] }, [], { dead, poison: [] }, noTimes),
    nothingLeftOver({
      outboxes: await outboxes(mongo),
      depths: await broker.depths(),
      bindings,
      messages: [],
      handled: await handledMessages(mongo),
    }),
  ];
}

/** The rewards as the store has them, for a test that does not know how many there were. */
function storedRewards({ stock, pools, claims }: SystemState): StagedReward[] {
  return stock.map(({ _id: rewardId, total }) => {
    const pool = pools.find(({ _id }) => _id === rewardId);
    const eventId = claims.find((claim) => claim.rewardId === rewardId)?.eventId ?? '';
    return { eventId, rewardId, stock: pool ? pool.total : total, isCoupon: pool !== undefined };
  });
}

function breachesOf(verdicts: readonly Verdict[]): string[] {
  return verdicts.flatMap(({ id, breaches }) => breaches.map(({ what }) => `${id}: ${what}`));
}
