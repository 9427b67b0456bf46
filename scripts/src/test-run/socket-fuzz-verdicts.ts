import { z } from 'zod';
import type { Counts } from './tally.ts';

const SocketFuzzReport = z.object({
  sequences: z.number(),
  answers: z.number(),
  verdicts: z.array(z.object({ breaches: z.number() })),
});

/**
 * What fuzzing the sockets comes to: each rule passed or failed. A run that ended badly for any other reason is one
 * failure, and so is one that played nothing or was never answered: it showed nothing.
 */
export function countSocketVerdicts(report: unknown, exitCode: number): Counts {
  const { sequences, answers, verdicts } = SocketFuzzReport.parse(report);
  const passed = verdicts.filter(({ breaches }) => breaches === 0).length;
  const failed = verdicts.length - passed;
  const showsSomething = sequences > 0 && answers > 0;
  if (failed === 0 && (exitCode !== 0 || !showsSomething)) return { passed, failed: 1 };
  return { passed, failed };
}
