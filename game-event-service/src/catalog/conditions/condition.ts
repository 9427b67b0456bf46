import { z } from 'zod';
import { conditionProblems, LIMITS } from './condition-problems.ts';
import { AccountLeaf, MetricLeaf, StreakLeaf, type Leaf } from './leaf.ts';

export type Condition = { all: Condition[] } | { any: Condition[] } | { not: Condition } | Leaf;

export const Condition: z.ZodType<Condition> = z
  .lazy(() =>
    z.union([
      z.strictObject({ all: z.array(Condition).min(1) }),
      z.strictObject({ any: z.array(Condition).min(1) }),
      z.strictObject({ not: Condition }),
      MetricLeaf,
      StreakLeaf,
      AccountLeaf,
    ]),
  )
  .meta({
    id: 'Condition',
    description: `A leaf, or \`all\`, \`any\` or \`not\` of conditions; at most ${LIMITS.leaves} leaves and ${LIMITS.levels} levels.`,
  });

/**
 * A condition as it comes in. A union that fails says only that nothing matched; so what is wrong is first looked
 * for along the tree, where each part can be told by its name.
 */
export const ConditionInput = z.preprocess((value, context) => {
  const problems = conditionProblems(value);
  for (const { path, message } of problems) {
    context.issues.push({ code: 'custom', path: [...path], message, input: value });
  }
  return problems.length > 0 ? z.NEVER : value;
}, Condition);

/** The leaves of a condition, from left to right. */
export function leavesOf(condition: Condition): Leaf[] {
  if ('all' in condition) return condition.all.flatMap(leavesOf);
  if ('any' in condition) return condition.any.flatMap(leavesOf);
  return 'not' in condition ? leavesOf(condition.not) : [condition];
}
