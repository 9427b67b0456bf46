import { randomUUID } from 'node:crypto';
import type { Binding } from '../broker/broker-observer.ts';
import { queuesFor } from '../broker/queues.ts';
import { publicationOf } from '../faults/message-faults.ts';
import type { Random } from '../random.ts';
import type { ChaosStage } from '../stage/set-stage.ts';
import type { SentMessage } from '../watch/store-watch.ts';
import { differences, snapshotStores } from './store-snapshot.ts';
import { type Breach, type Verdict, verdict } from './verdict.ts';
import { waitUntilQuiet } from './wait-until-quiet.ts';

/** Sent once more as new messages, that is with other ids, so that no inbox knows them. */
const AS_NEW = 5_000;
const QUIET_LIMIT_MS = 180_000;

/** I9: every message again, in any order, and some of them under new ids, changes nothing. */
export async function replayChangesNothing(
  stage: Pick<ChaosStage, 'mongo' | 'broker' | 'watch' | 'passingQueues'>,
  bindings: readonly Binding[],
  random: Random,
): Promise<Verdict> {
  const { mongo, broker, watch } = stage;
  const messages = [...watch.messages.values()].filter((message) => queuesFor(message, bindings).length > 0);
  const shuffled = random.shuffle(messages);
  const before = await snapshotStores(mongo);
  const breaches: Breach[] = [];
  for (const again of [shuffled, random.shuffle(messages).slice(0, AS_NEW).map(underNewId)]) {
    await broker.publish(again.values().map(publicationOf));
    const { left } = await waitUntilQuiet(stage, QUIET_LIMIT_MS);
    if (left) breaches.push({ what: 'the replay did not come to an end', evidence: left });
  }
  breaches.push(...differences(before, await snapshotStores(mongo)));
  return verdict('I9', 'replaying every message changes nothing', messages.length, breaches);
}

function underNewId(message: SentMessage): SentMessage {
  const id = randomUUID();
  const event: object = JSON.parse(message.content);
  return { ...message, id, content: JSON.stringify({ ...event, id }) };
}
