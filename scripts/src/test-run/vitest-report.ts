import { z } from 'zod';
import type { Counts } from './tally.ts';

const VitestReport = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
});

/**
 * Counts the tests of a vitest run. A file that failed without a failed test (by its import or a hook) is one failure,
 * and so is a run that failed for another reason. Skipped tests are not counted.
 */
export function countReport(report: unknown, exitCode: number): Counts {
  const { testResults, success } = VitestReport.parse(report);
  let passed = 0;
  let failed = 0;
  for (const { status, assertionResults } of testResults) {
    const failedHere = assertionResults.filter((test) => test.status === 'failed').length;
    passed += assertionResults.filter((test) => test.status === 'passed').length;
    failed += failedHere === 0 && status === 'failed' ? 1 : failedHere;
  }
  if (failed === 0 && (exitCode !== 0 || !success)) failed = 1;
  return { passed, failed };
}
