import { z } from 'zod';
import type { Counts } from './tally.ts';

const Report = z.object({ verdicts: z.array(z.object({ breaches: z.number() })) });
const ChaosReport = Report.extend({
  operations: z.number(),
  faults: z.array(z.object({ trouble: z.string().optional() })),
});
const SocketFuzzReport = Report.extend({ sequences: z.number(), answers: z.number() });

/** Counts the rules of a fault run. A run without an operation or a fault has failed: it showed nothing. */
export function countChaosVerdicts(report: unknown, exitCode: number): Counts {
  const { operations, faults, verdicts } = ChaosReport.parse(report);
  const showsSomething = operations > 0 && faults.some(({ trouble }) => trouble === undefined);
  return countVerdicts(verdicts, exitCode === 0 && showsSomething);
}

/** Counts the rules of a run of fuzzed sockets. A run without an answer has failed: it showed nothing. */
export function countSocketVerdicts(report: unknown, exitCode: number): Counts {
  const { sequences, answers, verdicts } = SocketFuzzReport.parse(report);
  return countVerdicts(verdicts, exitCode === 0 && sequences > 0 && answers > 0);
}

/** @param isSound false where the run failed for another reason than a broken rule; that is one failure */
function countVerdicts(verdicts: readonly { breaches: number }[], isSound: boolean): Counts {
  const passed = verdicts.filter(({ breaches }) => breaches === 0).length;
  const failed = verdicts.length - passed;
  return { passed, failed: failed === 0 && !isSound ? 1 : failed };
}
