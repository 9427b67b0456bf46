import type { ChangeStream, ChangeStreamDocument, MongoClient, ResumeToken } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { Transitions } from './transitions.ts';

/** A message as it stood in an outbox; its content is the CloudEvent as JSON. */
const SentMessage = z.object({
  id: z.string(),
  type: z.string(),
  exchange: z.string(),
  routingKey: z.string(),
  mandatory: z.boolean(),
  content: z.string(),
});
export type SentMessage = z.infer<typeof SentMessage>;

const OutboxRow = z.object({ messages: z.array(SentMessage) });

/** Something that is written once was changed or removed. */
export interface Tampering {
  collection: string;
  operation: string;
  id: string;
}

const CHANGES = [
  {
    $match: {
      $or: [
        { 'ns.coll': 'outbox', operationType: 'insert' },
        { 'ns.coll': 'claims', 'ns.db': 'event_db' },
        {
          'ns.coll': { $in: ['ledger', 'grantDecisions'] },
          'ns.db': 'auth_db',
          operationType: { $ne: 'insert' },
        },
      ],
    },
  },
];
const QUIET_MS = 1_500;

/**
 * Follows the commits of the stores from outside: every message that a service decides to send, each state that a claim
 * passes through, and changes where nothing may change.
 *
 * It collects messages here and not in a queue of its own beside the others. Such a queue would take every message, and
 * a message would not come back to its outbox when the binding of a work queue is missing.
 */
export class StoreWatch {
  readonly messages = new Map<string, SentMessage>();
  readonly transitions = new Transitions();
  readonly tampering: Tampering[] = [];
  readonly #client: MongoClient;
  #stream: ChangeStream | undefined;
  #position: ResumeToken;
  #following: Promise<void> | undefined;
  #lastChangeAt = 0;
  #unreadable: Error | undefined;
  #ended = false;

  constructor(client: MongoClient) {
    this.#client = client;
  }

  /** Sees everything that is committed after it has resolved. */
  async start(): Promise<void> {
    this.#stream = this.#client.watch(CHANGES);
    await this.#stream.tryNext();
    this.#position = this.#stream.resumeToken;
    this.#following = this.#follow();
  }

  /** Resolves when nothing more has come for a moment. */
  async caughtUp(): Promise<void> {
    this.#lastChangeAt = performance.now();
    while (performance.now() - this.#lastChangeAt < QUIET_MS) await delay(100);
    if (this.#unreadable) throw new Error('an outbox is not what it was', { cause: this.#unreadable });
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#stream?.close().catch(() => {});
    await this.#following;
  }

  /** The driver resumes by itself for a while; after that the stream is opened anew where it stopped. */
  async #follow(): Promise<void> {
    while (!this.#ended) {
      try {
        this.#stream ??= this.#client.watch(CHANGES, { resumeAfter: this.#position });
        for await (const change of this.#stream) {
          this.#take(change);
          this.#position = change._id;
        }
      } catch {
        await delay(300);
      }
      await this.#stream?.close().catch(() => {});
      this.#stream = undefined;
    }
  }

  #take(change: ChangeStreamDocument): void {
    this.#lastChangeAt = performance.now();
    if (!('ns' in change) || !('coll' in change.ns)) return;
    const { coll } = change.ns;
    if (coll === 'outbox' && change.operationType === 'insert') {
      const row = OutboxRow.safeParse(change.fullDocument);
      if (!row.success) this.#unreadable ??= row.error;
      for (const message of row.data?.messages ?? []) this.messages.set(message.id, message);
    } else if (coll === 'claims') this.transitions.take(change);
    else this.#noteTampering(coll, change);
  }

  #noteTampering(collection: string, change: ChangeStreamDocument): void {
    const id = 'documentKey' in change ? String(change.documentKey._id) : 'all';
    this.tampering.push({ collection, operation: change.operationType, id });
  }
}
