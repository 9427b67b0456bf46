import { describe, expect, it } from 'vitest';
import { continueTrace, parseTraceparent } from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('continueTrace', () => {
  it("keeps the caller's trace and sampling, with a new span", () => {
    const { traceId, traceparent } = continueTrace(`00-${TRACE}-${SPAN}-00`);
    expect(traceId).toBe(TRACE);
    expect(traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    expect(traceparent).not.toContain(SPAN);
  });

  it.each([undefined, '', 'garbage'])('begins a sampled trace without a valid header (%j)', (header) => {
    const { traceId, traceparent } = continueTrace(header);
    expect(parseTraceparent(traceparent)).toMatchObject({ traceId, sampled: true });
  });
});

describe('parseTraceparent', () => {
  it('reads only the known part of a later version', () => {
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-will-be`)).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      sampled: true,
    });
  });

  it.each([
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['more than version 00 has', `00-${TRACE}-${SPAN}-01-more`],
    ['more without a dash', `cc-${TRACE}-${SPAN}-01more`],
    ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['two headers joined', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ])('refuses %s', (_name, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});
