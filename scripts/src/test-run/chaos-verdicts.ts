import { z } from 'zod';
import type { Counts } from './tally.ts';

const ChaosReport = z.object({
  operations: z.number(),
  faults: z.array(z.object({ trouble: z.string().optional() })),
  verdicts: z.array(z.object({ breaches: z.number() })),
});

/**
 * What a fault run comes to: each rule that was held against it passed or failed. A run that ended badly for any
 * other reason is one failure, and so is one that disturbed nothing or did nothing: it showed nothing.
 */
export function countVerdicts(report: unknown, exitCode: number): Counts {
  const { operations, faults, verdicts } = ChaosReport.parse(report);
  const passed = verdicts.filter(({ breaches }) => breaches === 0).length;
  const failed = verdicts.length - passed;
  const showsSomething = operations > 0 && faults.some(({ trouble }) => trouble === undefined);
  if (failed === 0 && (exitCode !== 0 || !showsSomething)) return { passed, failed: 1 };
  return { passed, failed };
}
