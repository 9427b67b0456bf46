import type { Sources } from '../backing-services/sources.ts';
import { LogFiles } from '../supervisor/log-files.ts';
import type { ChaosPlan } from './chaos-plan.ts';
import { checkEverything } from './checks/check-everything.ts';
import type { Verdict } from './checks/verdict.ts';
import { waitUntilQuiet } from './checks/wait-until-quiet.ts';
import type { InjectedFault } from './faults/fault.ts';
import { injectFaults } from './faults/inject-faults.ts';
import type { Poison } from './faults/malformed-messages.ts';
import { planFaults } from './faults/schedule.ts';
import type { LoadContext } from './load/attempts.ts';
import { driveLoad } from './load/drive-load.ts';
import { Journal } from './load/journal.ts';
import { createPerformer } from './load/perform.ts';
import { createPlayerClient } from './load/player-client.ts';
import type { PlayerSession } from './load/refresh-sessions.ts';
import { registerPlayer } from './load/register-player.ts';
import { seededRandom } from './random.ts';
import { brokersOf, startChaosSystem } from './stage/chaos-system.ts';
import { DEADLINE_MS } from './stage/service-settings.ts';
import { type ChaosStage, SESSIONS, setStage } from './stage/set-stage.ts';

export interface ChaosOutcome {
  plan: ChaosPlan;
  faults: InjectedFault[];
  journal: Journal;
  verdicts: Verdict[];
  /** Of the load, Unix milliseconds. */
  startedAt: number;
  endedAt: number;
  heldBack: number;
  /** From when everything was whole again until nothing moved any more, in milliseconds. */
  quietAfterMs: number;
  malformed: number;
  messages: number;
}

const MOST_UNDER_WAY = 1_500;
/** After the load, for what is still being tried. */
const REST_MS = 90_000;
const QUIET_LIMIT_MS = DEADLINE_MS + 120_000;

/** Starts a private system, disturbs it under load, mends it, waits until it is quiet, and checks it. */
export async function runChaos(
  plan: ChaosPlan,
  sources: Sources,
  say: (line: string) => void,
): Promise<ChaosOutcome> {
  const logs = plan.logs === undefined ? undefined : new LogFiles(plan.logs);
  say('Starting a private system …');
  const chaos = await startChaosSystem({
    ...plan,
    sources,
    onLine: (server, line) => logs?.write(server, line),
  });
  try {
    const stage = await setStage(chaos, plan);
    try {
      return await disturb(stage, plan, say);
    } finally {
      await stage.close();
    }
  } finally {
    await chaos.stop();
    await logs?.close();
  }
}

async function disturb(
  stage: ChaosStage,
  plan: ChaosPlan,
  say: (line: string) => void,
): Promise<ChaosOutcome> {
  const { chaos, watch } = stage;
  const journal = new Journal();
  const client = createPlayerClient(chaos.gatewayUrls);
  let over = false;
  const context: LoadContext = { client, journal, isOver: () => over };
  const sessions = await openSessions(context);
  const poison: Poison[] = [];
  const schedule = plan.aimed ?? planFaults({ ...plan, targets: targetsOf(stage) });
  say(`Load of ${plan.rate} operations/s with ${schedule.length} faults …`);

  const startedAt = Date.now();
  const [driven, faults] = await Promise.all([
    driveLoad({
      next: stage.nextIntent,
      perform: createPerformer(stage, sessions, context),
      rate: plan.rate,
      most: MOST_UNDER_WAY,
      durationMs: plan.durationMs,
    }),
    injectFaults(
      { faults: schedule, durationMs: plan.durationMs },
      {
        chaos,
        mongo: stage.mongo,
        broker: stage.broker,
        messages: () => watch.messages.values().toArray(),
        poison,
        random: seededRandom(plan.seed, 'meddling'),
      },
      (fault) => say(lineOf(fault, startedAt)),
    ),
  ]);
  const mendedAt = Date.now();

  say('Mending, and waiting until it is quiet …');
  await mend(stage);
  const timer = setTimeout(() => (over = true), REST_MS);
  await driven.rest;
  clearTimeout(timer);
  const { left } = await waitUntilQuiet(stage, QUIET_LIMIT_MS);
  if (left) say(`It did not become quiet: ${JSON.stringify(left)}`);
  const quietAfterMs = Date.now() - mendedAt;
  await watch.caughtUp();

  say('Checking …');
  const random = seededRandom(plan.seed, 'replay');
  const messages = watch.messages.size;
  const verdicts = await checkEverything({ stage, journal, faults, poison, random });
  await client.close();
  return {
    plan,
    faults,
    journal,
    verdicts,
    startedAt,
    endedAt: driven.endedAt,
    heldBack: driven.heldBack,
    quietAfterMs,
    malformed: poison.length,
    messages,
  };
}

async function openSessions(context: LoadContext): Promise<PlayerSession[]> {
  const sessions: PlayerSession[] = [];
  while (sessions.length < SESSIONS) {
    const player = await registerPlayer(context);
    if (player) sessions.push({ ...player, unansweredAt: undefined, busy: false });
  }
  return sessions;
}

function targetsOf({ chaos, workQueues }: ChaosStage) {
  const services = chaos.system.instances.map(({ server }) => server.name);
  return {
    services,
    // Only the check of claim times allows for a skewed clock.
    skewable: services.filter((name) => name.startsWith('game-event-service')),
    brokers: brokersOf(chaos.system.backing.rabbitmq.servers).map(({ name }) => name),
    links: chaos.links.map(({ name }) => name),
    workQueues,
  };
}

/** Every fault has been undone by now; what ended by itself meanwhile may still be starting. */
async function mend({ chaos }: ChaosStage): Promise<void> {
  for (const link of chaos.links) link.clear();
  await Promise.all(chaos.system.servers.map((server) => chaos.revival.revive(server)));
}

function lineOf(
  { planned, met, startedAt, healedAt, trouble }: InjectedFault,
  loadStartedAt: number,
): string {
  const at = ((startedAt - loadStartedAt) / 1_000).toFixed(1);
  const took = ((healedAt - startedAt) / 1_000).toFixed(1);
  return `${at.padStart(6)} s  ${planned.kind} ${met}, ${took} s${trouble === undefined ? '' : ` NOT DONE: ${trouble}`}`;
}
