import { type Binding, type QueueDepth } from '../broker/broker-observer.ts';
import { deadQueueOf, queuesFor, workQueuesIn } from '../broker/queues.ts';
import type { SentMessage } from '../watch/store-watch.ts';
import { type Breach, type Verdict, verdict } from './verdict.ts';

export interface LeftOver {
  /** Rows by database. */
  outboxes: Record<string, number>;
  depths: readonly QueueDepth[];
  bindings: readonly Binding[];
  messages: Iterable<SentMessage>;
  /** Handled messages as `QUEUE:ID`, of all inboxes. */
  handled: ReadonlySet<string>;
}

/** I8: outboxes and work queues are empty, and every message that was ever sent was handled by all who wanted it. */
export function nothingLeftOver({ outboxes, depths, bindings, messages, handled }: LeftOver): Verdict {
  const breaches: Breach[] = [];
  for (const [database, rows] of Object.entries(outboxes)) {
    if (rows > 0)
      breaches.push({ what: `${rows} messages in the outbox of ${database}`, evidence: { database, rows } });
  }
  const dead = new Set(workQueuesIn(bindings).map(deadQueueOf));
  for (const depth of depths) {
    if (dead.has(depth.name) || depth.ready + depth.unacknowledged === 0) continue;
    breaches.push({ what: `${depth.name} is not empty`, evidence: depth });
  }
  let checked = 0;
  for (const message of messages) {
    for (const queue of queuesFor(message, bindings)) {
      checked += 1;
      if (!handled.has(`${queue}:${message.id}`))
        breaches.push({
          what: `message ${message.id} was lost on its way through ${queue}`,
          evidence: message,
        });
    }
  }
  return verdict('I8', 'outboxes and work queues are empty, and no message was lost', checked, breaches);
}
