import type { ClientSession, Db, Filter } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import { NEWEST_FIRST, olderThan } from '../../database/newest-first.ts';
import { decodeAttributes, encodeAttributes } from '../../http/attributes.ts';
import type { CreationPosition } from 'service-kit/http';
import { later } from '../calendar/time.ts';
import {
  EVENT_STATUSES,
  LONGEST_GRACE_S,
  type EventKind,
  type EventRules,
  type EventStatus,
  type GameEvent,
} from './event.ts';

interface EventDocument extends Omit<GameEvent, 'id' | 'attributes'> {
  _id: string;
  /** JSON */
  attributes: string;
  /** One more with every change of its rewards. */
  rewardsVersion: number;
}

/** An event as one change left it. */
export interface EventRevision {
  event: GameEvent;
  by: string;
  reason?: string;
}

interface RevisionDocument extends Omit<EventRevision, 'event'> {
  /** The event's id and version. */
  _id: string;
  eventId: string;
  version: number;
  event: Omit<GameEvent, 'attributes'> & { attributes: string };
}

/** What changes whenever the rules of an event or of its rewards do. */
export interface EventVersion {
  id: string;
  version: number;
  rewardsVersion: number;
}

export interface EventStore {
  /** Stores a new event, or the next version of one, and keeps the version for ever. */
  insert(revision: EventRevision, session: ClientSession): Promise<void>;
  /** @returns false when the event is not at the version before this one any more */
  update(revision: EventRevision, session: ClientSession): Promise<boolean>;
  /** Removes an event with all its versions, if it still is at this one. */
  remove(event: GameEvent, session: ClientSession): Promise<boolean>;
  /** Its versions, the newest first; those before a version where one is given. */
  revisionsOf(id: string, before: number | undefined, limit: number): Promise<EventRevision[]>;
  find(id: string, session?: ClientSession): Promise<GameEvent | undefined>;
  list(query: {
    statuses?: readonly EventStatus[];
    kind?: EventKind | undefined;
    after?: CreationPosition | undefined;
    limit: number;
  }): Promise<GameEvent[]>;
  versionsOf(ids: readonly string[], session?: ClientSession): Promise<EventVersion[]>;
  /** Of the events in which something may have been done between these times, both included. */
  versionsDuring(span: { first: Date; last: Date }, session: ClientSession): Promise<EventVersion[]>;
  /** What decisions need of the events among these ids, by id. */
  rulesOf(ids: readonly string[], session?: ClientSession): Promise<Map<string, EventRules>>;
  /** The rules of all events that run or ended after a time, or of those among `ids`; a majority read. */
  live(
    query: { endedAfter: Date; ids: readonly string[] | undefined },
    session?: ClientSession,
  ): Promise<{ version: EventVersion; event: EventRules }[]>;
  /** Ids of the events of these kinds that have begun and were not over in a span of time. */
  idsDuring(kinds: readonly EventKind[], span: { from: Date; to: Date }, limit: number): Promise<string[]>;
  /** Of the events of a kind: all that take claims at `now`, and some that do not. */
  idsTakingClaims(kind: EventKind, now: Date, session: ClientSession): Promise<string[]>;
  /** Notes that its rewards change; false where the event is not there or has one of these statuses. */
  touchRewards(id: string, unless: readonly EventStatus[], session: ClientSession): Promise<boolean>;
  /** Events whose time to start or to end has come. */
  findDue(now: Date, limit: number): Promise<GameEvent[]>;
}

/** Such an event runs, or may have begun to without its status telling it yet. */
const RUNNING_STATUSES = ['scheduled', 'active', 'inactive'] as const satisfies EventStatus[];

const MAJORITY = { readConcern: { level: 'majority' } } as const;

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
  autoClaim: 1,
  condition: 1,
} as const;

export const eventIndexes: IndexSpec[] = [
  {
    collection: 'events',
    indexes: [
      { key: { createdAt: -1, _id: -1 } },
      { key: { status: 1, createdAt: -1, _id: -1 } },
      { key: { status: 1, endsAt: 1 } },
      { key: { status: 1, startsAt: 1, version: 1, rewardsVersion: 1, _id: 1 } },
      { key: { status: 1, endedAt: 1, version: 1, rewardsVersion: 1, _id: 1 } },
    ],
  },
  { collection: 'eventVersions', indexes: [{ key: { eventId: 1, version: -1 } }] },
];

export function createEventStore(db: Db): EventStore {
  const events = db.collection<EventDocument>('events');
  const revisions = db.collection<RevisionDocument>('eventVersions');

  async function findVersions(
    filter: Filter<EventDocument>,
    session: ClientSession | undefined,
  ): Promise<EventVersion[]> {
    const projection = { version: 1, rewardsVersion: 1 } as const;
    const found = await events.find(filter, { projection, ...(session && { session }) }).toArray();
    return found.map(({ _id, version, rewardsVersion }) => ({ id: _id, version, rewardsVersion }));
  }

  async function keep({ event, ...about }: EventRevision, session: ClientSession): Promise<void> {
    const { id: eventId, version, attributes } = event;
    const kept = { ...event, attributes: encodeAttributes(attributes) };
    await revisions.insertOne(
      { _id: `${eventId}.${version}`, eventId, version, event: kept, ...about },
      { session },
    );
  }

  return {
    insert: async (revision, session) => {
      await events.insertOne({ ...toDocument(revision.event), rewardsVersion: 0 }, { session });
      await keep(revision, session);
    },
    update: async (revision, session) => {
      const { _id, ...fields } = toDocument(revision.event);
      const before = { _id, version: revision.event.version - 1 };
      const gone = revision.event.condition ? {} : { $unset: { condition: true as const } };
      const { matchedCount } = await events.updateOne(before, { $set: fields, ...gone }, { session });
      if (matchedCount === 1) await keep(revision, session);
      return matchedCount === 1;
    },
    remove: async ({ id, version }, session) => {
      const { deletedCount } = await events.deleteOne({ _id: id, version }, { session });
      if (deletedCount === 1) await revisions.deleteMany({ eventId: id }, { session });
      return deletedCount === 1;
    },
    revisionsOf: async (id, before, limit) => {
      const filter = { eventId: id, ...(before !== undefined && { version: { $lt: before } }) };
      const found = await revisions.find(filter).sort({ version: -1 }).limit(limit).toArray();
      return found.map(toRevision);
    },
    find: async (id, session) => {
      const found = await events.findOne({ _id: id }, session && { session });
      return found ? fromDocument(found) : undefined;
    },
    list: async ({ statuses, kind, after, limit }) => {
      const filter: Filter<EventDocument> = {};
      if (statuses) filter.status = { $in: [...statuses] };
      if (kind) filter.kind = kind;
      const beyond = olderThan<EventDocument>(after);
      const found = await events.find({ $and: [filter, beyond] }, { sort: NEWEST_FIRST, limit }).toArray();
      return found.map(fromDocument);
    },
    versionsOf: (ids, session) => findVersions({ _id: { $in: [...ids] } }, session),
    // One after the other: each has an index that holds all it asks for.
    versionsDuring: async ({ first, last }, session) => [
      ...(await findVersions({ status: { $in: [...RUNNING_STATUSES] }, startsAt: { $lte: last } }, session)),
      ...(await findVersions({ status: 'ended', endedAt: { $gt: first } }, session)),
    ],
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
    live: async ({ endedAfter, ids }, session) => {
      const filter: Filter<EventDocument> = {
        ...(ids && { _id: { $in: [...ids] } }),
        $or: [
          { status: { $in: [...RUNNING_STATUSES] } },
          { status: 'ended' as const, endedAt: { $gt: endedAfter } },
        ],
      };
      const projection = { ...RULES, rewardsVersion: 1 } as const;
      const found = await events
        .find(filter, { projection, ...MAJORITY, ...(session && { session }) })
        .toArray();
      return found.map(({ _id, rewardsVersion, ...rules }) => ({
        version: { id: _id, version: rules.version, rewardsVersion },
        event: { id: _id, ...rules },
      }));
    },
    idsDuring: async (kinds, { from, to }, limit) => {
      const status = { $in: EVENT_STATUSES.filter((each) => each !== 'draft') };
      const filter = { status, startsAt: { $lt: to }, endsAt: { $gt: from }, kind: { $in: [...kinds] } };
      const found = await events
        .find(filter, { projection: { _id: 1 } })
        .limit(limit)
        .toArray();
      return found.map(({ _id }) => _id);
    },
    idsTakingClaims: async (kind, now, session) => {
      const mayTake = [
        { status: 'active' as const },
        { status: 'scheduled' as const, startsAt: { $lte: now } },
        { status: 'ended' as const, endsAt: { $gt: later(now, -LONGEST_GRACE_S * 1_000) } },
      ];
      const found = await events.find({ kind, $or: mayTake }, { projection: { _id: 1 }, session }).toArray();
      return found.map(({ _id }) => _id);
    },
    findDue: async (now, limit) => {
      const isDue = [
        { status: 'scheduled' as const, startsAt: { $lte: now } },
        { status: 'active' as const, endsAt: { $lte: now } },
      ];
      const found = await events.find({ $or: isDue }).limit(limit).toArray();
      return found.map(fromDocument);
    },
  };
}

function toDocument({ id, attributes, ...fields }: GameEvent): Omit<EventDocument, 'rewardsVersion'> {
  return { _id: id, ...fields, attributes: encodeAttributes(attributes) };
}

function fromDocument(document: EventDocument): GameEvent {
  const { _id, attributes, rewardsVersion: _, ...fields } = document;
  return { id: _id, ...fields, attributes: decodeAttributes(attributes) };
}

function toRevision({ event, by, reason }: RevisionDocument): EventRevision {
  const { attributes, ...fields } = event;
  return {
    event: { ...fields, attributes: decodeAttributes(attributes) },
    by,
    ...(reason !== undefined && { reason }),
  };
}
