import { versionTag, visibleText } from 'service-kit/http';
import { z } from 'zod';
import { Attributes } from '../../http/attributes.ts';
import { Condition, ConditionInput } from '../conditions/condition.ts';
import type { InvalidField } from '../../http/invalid-fields.ts';
import { REWARD_KINDS, rewardKinds, specOf, type RewardKind } from './kinds/reward-kinds.ts';
import type { Reward } from './reward.ts';
import type { StockFigures } from './stock.ts';

export const RewardId = z.string().min(1).max(128).meta({ example: 'rwd_1aYxR6mG8oLd3NvTq0sKfA' });

const MOST = 1_000_000_000;
const count = z.int().min(1).max(MOST);

/** Problems between fields are reported together with problems of single fields. */
const hasRead = ({ value }: z.core.ParsePayload): boolean => typeof value === 'object' && value !== null;

const fields = {
  name: z.string().trim().min(1).max(200).check(visibleText()),
  kind: z.enum(REWARD_KINDS),
  asset: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, 'must be 1 to 128 of letters, digits, . _ : -'),
  quantity: count,
  stock: z.int().min(0).max(MOST).nullable().meta({
    description: 'Total number of units; null is unlimited. A coupon has null: its codes are its stock',
  }),
  perAccount: count
    .nullable()
    .meta({ description: 'Most claims of one account over all periods; null: one in each period' }),
  perPeriod: z
    .strictObject({ day: count })
    .meta({ description: 'Most claims of all accounts together on a day' }),
  condition: ConditionInput,
  active: z.boolean(),
  attributes: Attributes,
};

function stockProblems(kind: RewardKind | undefined, stock: number | null | undefined): InvalidField[] {
  // The kind may be any text still.
  if (kind === undefined || !Object.hasOwn(rewardKinds, kind)) return [];
  const spec = specOf(kind);
  const given = stock === undefined ? spec.defaultStock : stock;
  if (given !== undefined) return spec.validate(given);
  return [{ path: 'stock', message: 'is needed: a number, or null for no limit' }];
}

export const RewardInput = z
  .strictObject({
    ...fields,
    stock: fields.stock.optional(),
    perAccount: fields.perAccount.default(null),
    perPeriod: fields.perPeriod.optional(),
    condition: fields.condition.optional(),
    active: fields.active.default(true),
    attributes: fields.attributes.default({}),
  })
  .check(
    z.superRefine(
      ({ kind, stock }, context) => {
        for (const { path, message } of stockProblems(kind, stock)) {
          context.addIssue({ code: 'custom', path: [path], message });
        }
      },
      { when: hasRead },
    ),
  );
export type RewardInput = z.output<typeof RewardInput>;

/** What is to be changed; `null` gives a field back its default. */
export const RewardPatch = z
  .strictObject({
    name: fields.name.optional(),
    kind: fields.kind.optional(),
    asset: fields.asset.optional(),
    quantity: fields.quantity.optional(),
    stock: fields.stock.optional(),
    perAccount: fields.perAccount.optional(),
    perPeriod: fields.perPeriod.nullable().optional(),
    condition: fields.condition.nullable().optional(),
    active: fields.active
      .nullable()
      .transform((value) => value ?? true)
      .optional(),
    attributes: fields.attributes.nullable().optional(),
  })
  .meta({ description: 'JSON Merge Patch; a condition is replaced as a whole' });
export type RewardPatch = z.output<typeof RewardPatch>;

export const RewardResponse = z
  .object({
    id: RewardId,
    eventId: z.string(),
    name: z.string(),
    kind: z.enum(REWARD_KINDS),
    asset: z.string(),
    quantity: z.int(),
    stock: z.int().nullable(),
    available: z.int().nullable().meta({ description: 'Units that can still be claimed; null is unlimited' }),
    reserved: z.int().meta({ description: 'Units of claims that are not decided yet' }),
    granted: z.int(),
    perAccount: z.int().nullable(),
    perPeriod: z.object({ day: z.int() }).optional(),
    condition: Condition.optional(),
    active: z.boolean(),
    attributes: z.record(z.string(), z.unknown()),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Reward' });
export type RewardResponse = z.output<typeof RewardResponse>;

/**
 * The tag is the version. The counts beside it (`available`, `reserved`, `granted`) are outside it: an operator can change a
 * reward while it is being claimed.
 */
export const rewardTag = ({ version }: Pick<Reward, 'version'>): string => versionTag(version);

/** A reward is stored together with its stock; where that were missing, nothing could be given. */
const NOTHING: StockFigures = { stock: 0, available: 0, reserved: 0, granted: 0 };

export function toRewardResponse(reward: Reward, figures = NOTHING): RewardResponse {
  const { version: _, createdAt, ...shown } = reward;
  return { ...shown, ...figures, createdAt: createdAt.toISOString() };
}
