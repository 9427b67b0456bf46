import { EtagHeader, Time, versionTag, visibleText } from 'service-kit/http';
import { z } from 'zod';
import { Attributes } from '../../http/attributes.ts';
import { isTimeZone, REPEATS } from '../calendar/calendar.ts';
import type { Clock } from 'service-kit/service';
import { Condition, ConditionInput } from '../conditions/condition.ts';
import { unreachableParts } from '../conditions/unreachable-condition.ts';
import { autoClaimFields } from './auto-claim-fields.ts';
import type { EventRevision } from './event-store.ts';
import { EVENT_KINDS, EVENT_STATUSES, LONGEST_GRACE_S, type GameEvent } from './event.ts';

export const EventId = z.string().min(1).max(128).meta({ example: 'evt_Zk4uF0c9Wb2Ht7JpQe5xDw' });

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function isTimeIn(value: unknown, ...fields: readonly string[]): boolean {
  const object = new Map(Object.entries(value ?? {}));
  return fields.every((field) => object.get(field) instanceof Date);
}

const fields = {
  name: z.string().trim().min(1).max(200).check(visibleText()),
  description: z
    .string()
    .max(4_000)
    .check(visibleText({ multiline: true })),
  kind: z.enum(EVENT_KINDS),
  timeZone: z
    .string()
    .refine(isTimeZone, 'must be a time zone of the IANA database, such as Asia/Seoul')
    .meta({ example: 'Asia/Seoul' }),
  startsAt: Time,
  endsAt: Time,
  claimGraceSeconds: z.int().min(0).max(LONGEST_GRACE_S),
  repeat: z.enum(REPEATS).meta({ description: 'How often one account may claim' }),
  autoClaim: z.boolean().meta({
    description:
      'Whether the service claims for players: as soon as something is counted for an account, every reward whose conditions are met is claimed',
  }),
  condition: ConditionInput,
  attributes: Attributes,
};

const EventFields = z.strictObject({
  ...fields,
  description: fields.description.default(''),
  claimGraceSeconds: fields.claimGraceSeconds.default(0),
  autoClaim: fields.autoClaim.default(false),
  condition: fields.condition.optional(),
  attributes: fields.attributes.default({}),
});

/** What is to be changed; `null` gives a field back its default. */
export const EventPatch = z
  .strictObject({
    name: fields.name.optional(),
    description: restorable(fields.description, ''),
    kind: fields.kind.optional(),
    timeZone: fields.timeZone.optional(),
    startsAt: fields.startsAt.optional(),
    endsAt: fields.endsAt.optional(),
    claimGraceSeconds: restorable(fields.claimGraceSeconds, 0),
    repeat: fields.repeat.optional(),
    autoClaim: restorable(fields.autoClaim, false),
    condition: fields.condition.nullable().optional(),
    attributes: fields.attributes.nullable().optional(),
  })
  .meta({ description: 'JSON Merge Patch; a condition is replaced as a whole' });

function restorable<Schema extends z.ZodType>(schema: Schema, fallback: z.output<Schema>) {
  return schema
    .nullable()
    .transform((value) => value ?? fallback)
    .optional();
}

/** A new event. The rules that join fields are looked at even where other fields are wrong, so that all is said at once. */
export function eventInput(clock: Clock) {
  return EventFields.refine(({ startsAt, endsAt }) => startsAt < endsAt, {
    path: ['endsAt'],
    message: 'must be after startsAt',
    when: ({ value }) => isTimeIn(value, 'startsAt', 'endsAt'),
  })
    .refine(({ endsAt }) => clock() < endsAt, {
      path: ['endsAt'],
      message: 'must be in the future',
      when: ({ value }) => isTimeIn(value, 'endsAt'),
    })
    .superRefine(
      (event, context) => {
        const { condition } = event;
        for (const { path, message } of condition ? unreachableParts(condition, event) : []) {
          context.addIssue({ code: 'custom', path: ['condition', ...path], message });
        }
      },
      {
        when: ({ value, issues }) =>
          isTimeIn(value, 'startsAt', 'endsAt') && !issues.some(({ path }) => BOUNDS.has(path?.[0])),
      },
    )
    .superRefine(
      (event, context) => {
        for (const { path, message } of autoClaimFields(event)) {
          context.addIssue({ code: 'custom', path: [path], message });
        }
      },
      { when: ({ value, issues }) => isObject(value) && !issues.some(({ path }) => PROMPTS.has(path?.[0])) },
    );
}

/** The fields that decide whether a condition can be met. */
const BOUNDS: ReadonlySet<unknown> = new Set([
  'kind',
  'timeZone',
  'startsAt',
  'endsAt',
  'repeat',
  'condition',
]);
/** The fields that decide whether claims can make themselves. */
const PROMPTS: ReadonlySet<unknown> = new Set(['kind', 'autoClaim', 'condition']);
export type EventInput = z.output<typeof EventFields>;

export type EventPatch = z.output<typeof EventPatch>;

export const StatusInput = z.strictObject({
  status: z.enum(EVENT_STATUSES),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(1_000)
    .check(visibleText({ multiline: true }))
    .optional(),
});

export const EventResponse = z
  .object({
    id: EventId,
    name: z.string(),
    description: z.string(),
    kind: z.enum(EVENT_KINDS),
    status: z.enum(EVENT_STATUSES),
    version: z.int().min(1),
    timeZone: z.string(),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    claimGraceSeconds: z.int(),
    repeat: z.enum(REPEATS),
    autoClaim: z.boolean(),
    condition: Condition.optional(),
    attributes: z.record(z.string(), z.unknown()),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    createdBy: z.string(),
  })
  .meta({ id: 'Event' });
export type EventResponse = z.output<typeof EventResponse>;

export const MadeEventHeaders = EtagHeader.extend({
  location: z.string().meta({ description: 'Where the event can be read' }),
});

export const etagOf = ({ version }: Pick<GameEvent, 'version'>): string => versionTag(version);

export const EventVersionResponse = z
  .object({
    version: z.int().min(1),
    at: z.iso.datetime(),
    by: z.string().meta({ description: 'The account, or `schedule`' }),
    reason: z.string().optional(),
    event: EventResponse.meta({ description: 'The event after this change' }),
  })
  .meta({ id: 'EventVersion' });

export function toEventResponse(event: GameEvent): EventResponse {
  const { endedAt: _, ...shown } = event;
  return {
    ...shown,
    startsAt: event.startsAt.toISOString(),
    endsAt: event.endsAt.toISOString(),
    createdAt: event.createdAt.toISOString(),
    updatedAt: event.updatedAt.toISOString(),
  };
}

export function toEventVersionResponse({
  event,
  by,
  reason,
}: EventRevision): z.output<typeof EventVersionResponse> {
  return {
    version: event.version,
    at: event.updatedAt.toISOString(),
    by,
    ...(reason !== undefined && { reason }),
    event: toEventResponse(event),
  };
}
