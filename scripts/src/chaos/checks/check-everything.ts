import { LaurelClient } from '../../client/laurel-client.ts';
import { Reward } from '../../client/messages.ts';
import type { InjectedFault } from '../faults/fault.ts';
import type { Poison } from '../faults/malformed-messages.ts';
import type { Journal } from '../load/journal.ts';
import type { Random } from '../random.ts';
import { DEADLINE_MS } from '../stage/service-settings.ts';
import type { ChaosStage } from '../stage/set-stage.ts';
import { accountsAreKnown } from './accounts-are-known.ts';
import { balancesAreSums } from './balances-are-sums.ts';
import { checkInsCountOnce } from './check-ins-count-once.ts';
import { claimsAnswered } from './claims-answered.ts';
import { claimsMatchDecisions } from './claims-match-decisions.ts';
import { grantedOnce } from './granted-once.ts';
import { nothingLeftOver } from './nothing-left-over.ts';
import { deadLetters, handledMessages, outboxes } from './read-messages.ts';
import { replayChangesNothing } from './replay-changes-nothing.ts';
import { settledInTime } from './settled-in-time.ts';
import { statesStayFinal } from './states-stay-final.ts';
import { stockAddsUp, type StockFigures } from './stock-adds-up.ts';
import { readSystemState } from './system-state.ts';
import { type Verdict, verdict } from './verdict.ts';

export interface Evidence {
  stage: ChaosStage;
  journal: Journal;
  faults: readonly InjectedFault[];
  poison: readonly Poison[];
  random: Random;
}

/** Checks every rule against the answers to clients, both databases and the queues. */
export async function checkEverything({
  stage,
  journal,
  faults,
  poison,
  random,
}: Evidence): Promise<Verdict[]> {
  const { mongo, broker, watch, events, chaos } = stage;
  const bindings = await broker.bindings();
  const state = await readSystemState(mongo);
  const figures = await stockFigures(stage);
  const dead = await deadLetters(broker, stage.workQueues);
  const records = journal.claims.values().toArray();
  const { transitions } = watch;
  const { unexpectedEnds } = chaos.revival;
  return [
    claimsAnswered(records, state),
    grantedOnce(state),
    stockAddsUp(events.rewards, figures, records, state),
    balancesAreSums(state, watch.tampering),
    settledInTime(state, transitions.attempts, { dead, poison }, { deadlineMs: DEADLINE_MS, faults }),
    claimsMatchDecisions(state),
    statesStayFinal(transitions.byClaim, transitions.removed, journal.sightings),
    nothingLeftOver({
      outboxes: await outboxes(mongo),
      depths: await broker.depths(),
      bindings,
      messages: watch.messages.values(),
      handled: await handledMessages(mongo),
    }),
    await replayChangesNothing(stage, bindings, random),
    checkInsCountOnce(journal.checkIns, state.progress),
    accountsAreKnown(journal.registered, state),
    verdict(
      'answers',
      'nobody gets an answer that makes no sense',
      journal.requests,
      journal.surprises.map((evidence) => ({ what: evidence.what, evidence })),
    ),
    verdict(
      'processes',
      'no service ends by itself',
      chaos.system.instances.length,
      unexpectedEnds
        .filter(({ server }) => chaos.system.instances.some((instance) => instance.server.name === server))
        .map((evidence) => ({ what: `${evidence.server} ended by itself`, evidence })),
    ),
  ];
}

async function stockFigures({ events, chaos, adminToken }: ChaosStage): Promise<StockFigures[]> {
  const client = new LaurelClient(chaos.system.url);
  const figures: StockFigures[] = [];
  for (const { eventId, rewardId } of events.rewards) {
    const path = `/v1/events/${eventId}/rewards/${rewardId}`;
    const { body } = await client.expect([200], Reward, 'GET', path, { token: adminToken() });
    const { stock, available = null, reserved = NaN, granted = NaN } = body;
    figures.push({ rewardId, stock, available, reserved, granted });
  }
  return figures;
}
