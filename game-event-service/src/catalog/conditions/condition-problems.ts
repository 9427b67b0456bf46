import type { z } from 'zod';
import { AccountLeaf, MetricLeaf, StreakLeaf } from './leaf.ts';

export const LIMITS = { leaves: 64, levels: 8 } as const;

export interface ConditionProblem {
  path: readonly PropertyKey[];
  message: string;
}

type Path = readonly PropertyKey[];

const PARTS = ['all', 'any', 'not', 'metric', 'streak', 'account'] as const;

/** A list without an end helps nobody, and the input may be large. */
const MOST_PROBLEMS = 50;

/** Everything that is wrong with a condition, with where it is; nothing when it is right. */
export function conditionProblems(value: unknown): ConditionProblem[] {
  const problems: ConditionProblem[] = [];
  let leaves = 0;

  const isEnough = (): boolean => problems.length >= MOST_PROBLEMS || leaves > LIMITS.leaves;
  const report = (path: Path, message: string): void => void problems.push({ path, message });

  function visit(node: unknown, path: Path, level: number): void {
    if (isEnough()) return;
    if (level > LIMITS.levels) return report(path, `must be at most ${LIMITS.levels} levels deep`);
    if (!isObject(node)) return report(path, 'must be a condition');
    const [part, ...others] = PARTS.filter((name) => Object.hasOwn(node, name));
    if (!part || others.length > 0) return report(path, `must hold exactly one of ${PARTS.join(', ')}`);
    switch (part) {
      case 'all':
      case 'any':
        return visitGroup(node, part, path, level);
      case 'not':
        refuseOthers(node, 'not', path);
        return visit(node['not'], [...path, 'not'], level + 1);
      case 'metric':
        return visitLeaf(MetricLeaf, node, path);
      case 'streak':
        return visitLeaf(StreakLeaf, node, path);
      case 'account':
        return visitLeaf(AccountLeaf, node, path);
    }
  }

  function visitGroup(node: Record<string, unknown>, part: 'all' | 'any', path: Path, level: number): void {
    refuseOthers(node, part, path);
    const children = node[part];
    if (!Array.isArray(children)) return report([...path, part], 'must be a list of conditions');
    if (children.length === 0) report([...path, part], 'must hold at least one condition');
    for (const [index, child] of children.entries()) {
      if (isEnough()) return;
      visit(child, [...path, part, index], level + 1);
    }
  }

  function visitLeaf(schema: z.ZodType, node: unknown, path: Path): void {
    leaves += 1;
    if (leaves > LIMITS.leaves) return report(path, `must have at most ${LIMITS.leaves} leaves`);
    for (const issue of schema.safeParse(node).error?.issues ?? []) {
      if (issue.code !== 'unrecognized_keys') report([...path, ...issue.path], issue.message);
      else for (const key of issue.keys) report([...path, ...issue.path, key], 'Unknown field');
    }
  }

  function refuseOthers(node: Record<string, unknown>, part: string, path: Path): void {
    for (const key of Object.keys(node)) {
      if (isEnough()) return;
      if (key !== part) report([...path, key], 'Unknown field');
    }
  }

  visit(value, [], 1);
  return problems;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
