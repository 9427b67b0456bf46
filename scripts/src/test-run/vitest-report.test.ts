import { expect, it } from 'vitest';
import { countReport } from './vitest-report.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((one) => ({ status: one })),
});

it('passed and failed tests are added up over the files', () => {
  const testResults = [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed', 'failed')];
  expect(countReport({ success: false, testResults }, 1)).toEqual({ passed: 3, failed: 2 });
});

it('a file that could not even be loaded is one failure', () => {
  expect(countReport({ success: false, testResults: [file('failed')] }, 1)).toEqual({ passed: 0, failed: 1 });
});

it('a file whose hook broke after its tests passed is one failure', () => {
  expect(countReport({ success: false, testResults: [file('failed', 'passed')] }, 1)).toEqual({
    passed: 1,
    failed: 1,
  });
});

it('a run that ended badly is a failure even when every test passed', () => {
  expect(countReport({ success: true, testResults: [file('passed', 'passed')] }, 1)).toEqual({
    passed: 1,
    failed: 1,
  });
});

it('a skipped test is neither', () => {
  expect(countReport({ success: true, testResults: [file('passed', 'skipped')] }, 0)).toEqual({
    passed: 0,
    failed: 0,
  });
});
