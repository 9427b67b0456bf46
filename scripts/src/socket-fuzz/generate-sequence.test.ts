import { describe, expect, it } from 'vitest';
import { generateSequence, targets } from './generate-sequence.ts';
import { oddKinds, oddRequest } from './odd-requests.ts';
import { seededRandom } from '../chaos/random.ts';
import type { Step } from './sequence.ts';

const many = Array.from({ length: 2_000 }, (_, index) => generateSequence(7, index + 1));
const connections = many.flatMap((sequence) => sequence.connections);
const requests = connections.flatMap((connection) => connection.requests);

describe('a sequence', () => {
  it('is determined by its seed and its number, whatever was made before', () => {
    expect(generateSequence(7, 1_234)).toEqual(many[1_233]);
    expect(generateSequence(8, 1_234)).not.toEqual(many[1_233]);
  });

  it('can be printed and read again', () => {
    expect(JSON.parse(JSON.stringify(many[5]))).toEqual(many[5]);
  });

  it('sends its requests in their order, each part once', () => {
    for (const { requests, steps } of connections) {
      const positions = steps.filter((step) => step.do === 'send').map(({ request, part }) => request + part);
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      expect(positions.at(-1)).toBeGreaterThan(requests.length - 1);
    }
  });

  it('marks each request, so that no two sequences name one path', () => {
    const paths = requests
      .map(({ target }) => target.split('?', 1)[0] ?? '')
      .filter((path) => /^\/fuzz\/\S+$/.test(path));
    expect(paths.length).toBeGreaterThan(500);
    expect(new Set(paths).size).toBe(paths.length);
  });
});

describe('sequences', () => {
  it('go to every port', () => {
    expect(new Set(many.map(({ target }) => target))).toEqual(new Set(targets));
  });

  it('have every way to send and to end', () => {
    const steps = new Set(connections.flatMap((connection) => connection.steps.map((step: Step) => step.do)));
    expect(steps).toEqual(
      new Set(['send', 'wait', 'read-answers', 'pause-reading', 'read-end', 'half-close', 'reset', 'leave']),
    );
    expect(connections.some(({ steps }) => steps.every((step) => step.do !== 'send' || step.part < 1))).toBe(
      true,
    );
  });

  it('have what is known to have ended the gateway', () => {
    const headers = (name: string) => (request: (typeof requests)[number]) =>
      request.headers.some(([header, value]) => `${header}: ${value}` === name);
    const isPipelined = connections.some(
      ({ requests: [first, second], steps: [step] }) =>
        first?.target === '/healthz' &&
        second?.target === '/v1/claims/export' &&
        headers('upgrade: websocket')(second) &&
        step?.do === 'send' &&
        step.request >= 1,
    );
    expect(isPipelined).toBe(true);
    const isLeft = connections.some(({ requests, steps }) => {
      const last = requests.at(-1);
      const sent = steps.findLast((step) => step.do === 'send');
      const isInBody = last?.target === '/v1/auth/login' && sent?.do === 'send' && sent.part < 1;
      return requests.length > 1 && isInBody && steps.at(-1)?.do === 'leave';
    });
    expect(isLeft).toBe(true);
  });

  it('have every odd request', () => {
    const random = seededRandom(1, 'odd');
    for (const kind of oddKinds) {
      const { expects } = oddRequest(kind, 'api-gateway', 'mark', random);
      expect(expects.statuses.length).toBeGreaterThan(0);
    }
    for (const name of ['expect: a-miracle', 'upgrade: h2c', 'transfer-encoding: chunked, chunked']) {
      expect(requests.some(({ headers }) => headers.some((header) => header.join(': ') === name))).toBe(true);
    }
  });
});
