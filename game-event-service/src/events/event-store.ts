import type { ClientSession, Db, Filter } from 'mongodb';
import { decodeAttributes, encodeAttributes } from '../attributes.ts';
import type { Position } from '../position.ts';
import type { EventKind, EventRules, EventStatus, GameEvent, StatusChange } from './event.ts';

interface EventDocument extends Omit<GameEvent, 'id' | 'attributes'> {
  _id: string;
  /** JSON */
  attributes: string;
  /** One more with every change of its rewards. */
  rewardsVersion: number;
  statusChanges: { from: EventStatus; to: EventStatus; at: Date; by: string; reason?: string }[];
}

/** What changes whenever the rules of an event or of its rewards do. */
export interface EventVersion {
  id: string;
  version: number;
  rewardsVersion: number;
}

export interface EventStore {
  insert(event: GameEvent): Promise<void>;
  find(id: string): Promise<GameEvent | undefined>;
  list(query: {
    statuses?: readonly EventStatus[];
    kind?: EventKind;
    after?: Position;
    limit: number;
  }): Promise<GameEvent[]>;
  versionsOf(ids: readonly string[], session?: ClientSession): Promise<EventVersion[]>;
  /** What decisions need of the events among these ids, by id. */
  rulesOf(ids: readonly string[], session?: ClientSession): Promise<Map<string, EventRules>>;
  /** Notes that its rewards change; false where the event is not there or has one of these statuses. */
  touchRewards(id: string, unless: readonly EventStatus[], session: ClientSession): Promise<boolean>;
  /** Events whose time to start or to end has come. */
  findDue(now: Date, limit: number): Promise<GameEvent[]>;
  /**
   * Changes the status of the event if it is still at this version.
   *
   * @returns the event as it is now, undefined when somebody else was faster
   */
  saveStatus(
    event: GameEvent,
    change: StatusChange,
    about: { at: Date; by: string; reason?: string },
  ): Promise<GameEvent | undefined>;
  ensureIndexes(): Promise<void>;
}

const MOST_STATUS_CHANGES = 200;
const RULES = {
  kind: 1,
  status: 1,
  version: 1,
  timeZone: 1,
  startsAt: 1,
  endsAt: 1,
  endedAt: 1,
  claimGraceSeconds: 1,
  repeat: 1,
  condition: 1,
} as const;

export function createEventStore(db: Db): EventStore {
  const events = db.collection<EventDocument>('events');

  return {
    insert: async (event) => {
      const { id, attributes, ...fields } = event;
      await events.insertOne({
        _id: id,
        ...fields,
        attributes: encodeAttributes(attributes),
        rewardsVersion: 0,
        statusChanges: [],
      });
    },
    find: async (id) => {
      const found = await events.findOne({ _id: id });
      return found ? fromDocument(found) : undefined;
    },
    list: async ({ statuses, kind, after, limit }) => {
      const filter: Filter<EventDocument> = {};
      if (statuses) filter.status = { $in: [...statuses] };
      if (kind) filter.kind = kind;
      if (after)
        filter.$or = [
          { createdAt: { $lt: after.createdAt } },
          { createdAt: after.createdAt, _id: { $lt: after.id } },
        ];
      const found = await events.find(filter).sort({ createdAt: -1, _id: -1 }).limit(limit).toArray();
      return found.map(fromDocument);
    },
    versionsOf: async (ids, session) => {
      const projection = { version: 1, rewardsVersion: 1 } as const;
      const found = await events
        .find({ _id: { $in: [...ids] } }, { projection, ...(session && { session }) })
        .toArray();
      return found.map(({ _id, version, rewardsVersion }) => ({ id: _id, version, rewardsVersion }));
    },
    touchRewards: async (id, unless, session) => {
      const filter = { _id: id, status: { $nin: [...unless] } };
      const { matchedCount } = await events.updateOne(filter, { $inc: { rewardsVersion: 1 } }, { session });
      return matchedCount === 1;
    },
    rulesOf: async (ids, session) => {
      const found = await events
        .find({ _id: { $in: [...ids] } }, { projection: RULES, ...(session && { session }) })
        .toArray();
      return new Map(found.map(({ _id, ...rules }) => [_id, { id: _id, ...rules }]));
    },
    findDue: async (now, limit) => {
      const isDue = [
        { status: 'scheduled' as const, startsAt: { $lte: now } },
        { status: 'active' as const, endsAt: { $lte: now } },
      ];
      const found = await events.find({ $or: isDue }).limit(limit).toArray();
      return found.map(fromDocument);
    },
    saveStatus: async (event, { status, endedAt }, { at, by, reason }) => {
      const changed = await events.findOneAndUpdate(
        { _id: event.id, version: event.version },
        {
          $set: { status, updatedAt: at, ...(endedAt && { endedAt }) },
          $inc: { version: 1 },
          $push: {
            statusChanges: {
              $each: [{ from: event.status, to: status, at, by, ...(reason !== undefined && { reason }) }],
              $slice: -MOST_STATUS_CHANGES,
            },
          },
        },
        { returnDocument: 'after' },
      );
      return changed ? fromDocument(changed) : undefined;
    },
    ensureIndexes: async () => {
      await events.createIndexes([
        { key: { createdAt: -1, _id: -1 } },
        { key: { status: 1, createdAt: -1, _id: -1 } },
        { key: { status: 1, startsAt: 1 } },
        { key: { status: 1, endsAt: 1 } },
      ]);
    },
  };
}

function fromDocument(document: EventDocument): GameEvent {
  const { _id, attributes, statusChanges: _, rewardsVersion: __, ...fields } = document;
  return { id: _id, ...fields, attributes: decodeAttributes(attributes) };
}
