import { z } from 'zod';

export const COMPARISONS = ['>=', '>', '<=', '<', '==', '!='] as const;
export type Comparison = (typeof COMPARISONS)[number];

export const ACCOUNT_STATUSES = ['active', 'banned', 'deleted'] as const;
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

const LONGEST_ROLLING_DAYS = 366;
const ROLLING = /^rolling:([1-9]\d{0,2})d$/;

/** @returns how many days `rolling:7d` spans, undefined for anything else */
export function rollingDays(over: string): number | undefined {
  const days = Number(ROLLING.exec(over)?.[1]);
  return days <= LONGEST_ROLLING_DAYS ? days : undefined;
}

export const MetricName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 of letters, digits, dot, hyphen, underscore');

const Over = z
  .string()
  .refine(
    (over) => ['event', 'period', 'day'].includes(over) || rollingDays(over) !== undefined,
    `must be event, period, day, or rolling:<1 to ${LONGEST_ROLLING_DAYS}>d`,
  );

const AttributeName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 of letters, digits, dot, hyphen, underscore');

const WhereShape = z
  .record(
    AttributeName,
    z.union([z.string().max(128), z.number(), z.boolean()], 'must be text, a number or a boolean'),
  )
  .refine((where) => Object.keys(where).length > 0, 'must hold at least one attribute')
  .refine((where) => Object.keys(where).length <= 8, 'must hold at most 8 attributes');

export const MetricLeaf = z.strictObject({
  metric: MetricName,
  op: z.enum(COMPARISONS),
  value: z.number(),
  over: Over.default('event'),
  where: WhereShape.optional(),
});
export type MetricLeaf = z.output<typeof MetricLeaf>;

export const StreakLeaf = z.strictObject({
  streak: MetricName,
  length: z.int().min(1).max(1_000),
  grace: z.int().min(0).max(366).default(0),
});
export type StreakLeaf = z.output<typeof StreakLeaf>;

const Equality = z.enum(['==', '!=']);

export const AccountLeaf = z.discriminatedUnion('account', [
  z.strictObject({ account: z.literal('ageDays'), op: z.enum(COMPARISONS), value: z.number().min(0) }),
  z.strictObject({ account: z.literal('guest'), op: Equality, value: z.boolean() }),
  z.strictObject({ account: z.literal('status'), op: Equality, value: z.enum(ACCOUNT_STATUSES) }),
]);
export type AccountLeaf = z.output<typeof AccountLeaf>;

export type Leaf = MetricLeaf | StreakLeaf | AccountLeaf;
