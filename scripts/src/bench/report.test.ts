import { describe, expect, it } from 'vitest';
import { markdownOf, type Report, tableOf } from './report.ts';

const report = (more: Partial<Report>): Report => ({
  benchmark: 'example',
  at: '2026-11-21T10:00:00.000Z',
  machine: { cpu: 'Example', cores: 2, memoryGiB: 8, node: 'v24.0.0', platform: 'linux-x64' },
  plan: { rounds: 3, roundMs: 2_000, warmUpMs: 0 },
  measured: [
    { candidate: 'one', rounds: [{ 'messages/s': 900 }, { 'messages/s': 1_000 }, { 'messages/s': 1_100 }] },
  ],
  conclusions: [],
  ...more,
});

describe('the report of a benchmark', () => {
  it('has the median and half the range of the rounds', () => {
    expect(tableOf(report({})).join('\n')).toMatch(/messages\/s +1,000 ±10%/);
  });

  it('says where, how and when in Markdown, and what follows', () => {
    expect(markdownOf(report({ conclusions: ['one is enough'] }))).toEqual([
      '2 cores (Example), Node v24.0.0; 3 alternated rounds of 2 s, 2026-11-21',
      '',
      '| median ± half range | one |',
      '|---|---:|',
      '| messages/s | 1,000 ±10% |',
      '',
      '- one is enough',
    ]);
  });

  it('has a line a candidate where that is narrower', () => {
    const measured = ['one', 'two', 'three'].map((candidate) => ({ candidate, rounds: [{ a: 1, b: 2 }] }));
    expect(markdownOf(report({ measured })).slice(2, 5)).toEqual([
      '| median ± half range | a | b |',
      '|---|---:|---:|',
      '| one | 1.00 ±0% | 2.00 ±0% |',
    ]);
  });
});
