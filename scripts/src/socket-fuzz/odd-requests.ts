import type { Random } from '../chaos/random.ts';
import type { PlannedRequest, Target } from './sequence.ts';
import { inChunks, request, requestAsBody, SMUGGLED, wellFormed, withBody } from './vocabulary.ts';

const REFUSED = [400];
/** A refusal before the head was understood names no path. */
const NAMELESS = [''];

/** The name of a kind of request that asks for more than an answer, or is malformed. */
export type OddKind = keyof typeof kinds;

type Odd = (target: Target, mark: string, random: Random) => PlannedRequest;

/** The connection must end after this request. */
const last = (planned: PlannedRequest): PlannedRequest => ({ ...planned, isLast: true });

const marked = (mark: string, headers: PlannedRequest['headers'] = []): PlannedRequest =>
  request({ target: `/fuzz/${mark}`, headers, expects: { statuses: [404] } });

/** The server refuses it, and reads nothing after it. */
const malformed = (mark: string, changes: Partial<PlannedRequest>): PlannedRequest => {
  const planned = { ...marked(mark), ...changes };
  return last({ ...planned, expects: { statuses: REFUSED, instances: NAMELESS } });
};

/** The server refuses the body while it arrives, or refuses the path first. */
const badBody = (mark: string, headers: PlannedRequest['headers'], body: string): PlannedRequest => {
  const planned = { ...marked(mark, headers), method: 'POST', body };
  return last({ ...planned, expects: { statuses: [400, 404, 413], instances: NAMELESS } });
};

const HOST = ['host', 'localhost'] as const;
const CHUNKED = ['transfer-encoding', 'chunked'] as const;
const HIDDEN = `GET ${SMUGGLED}`;
const WEB_SOCKET = [
  ['connection', 'Upgrade'],
  ['upgrade', 'websocket'],
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
] as const;
const H2C = [
  ['connection', 'Upgrade, HTTP2-Settings'],
  ['upgrade', 'h2c'],
  ['http2-settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
] as const;

const posted = (headers: PlannedRequest['headers'], body: string): Partial<PlannedRequest> => ({
  method: 'POST',
  headers: [HOST, ...headers],
  body,
});
const inOneChunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const loginOr = (target: Target, mark: string): string =>
  target === 'auth-service' || target === 'api-gateway' ? '/v1/auth/login' : `/fuzz/${mark}`;

/** A known request with these headers besides. */
const knownWith =
  (extra: PlannedRequest['headers']): Odd =>
  (target, mark, random) => {
    const planned = wellFormed(target, mark, random);
    return { ...planned, headers: [...planned.headers, ...extra] };
  };
const lastKnownWith =
  (extra: PlannedRequest['headers']): Odd =>
  (...args) =>
    last(knownWith(extra)(...args));
const bad =
  (changes: Partial<PlannedRequest>): Odd =>
  (_target, mark) =>
    malformed(mark, changes);

const kinds = {
  // No route of ours becomes a WebSocket: the gateway asks the service, which declines.
  'upgrade to a WebSocket on a stream': (target, _mark, random) => {
    const isAuditor = random.next() < 0.3;
    const let_in = isAuditor ? [200, 400, 404, 426, 501, 502] : [401, 403];
    const statuses = target === 'game-event-service' || target === 'api-gateway' ? let_in : [404];
    const who = isAuditor ? 'auditor' : random.pick(['nobody', 'alice', 'stranger'] as const);
    return last(request({ target: '/v1/claims/export', who, headers: WEB_SOCKET, expects: { statuses } }));
  },
  'upgrade to a WebSocket elsewhere': (_target, mark) => last(marked(mark, WEB_SOCKET)),
  'upgrade to a WebSocket of something known': lastKnownWith(WEB_SOCKET),
  'upgrade to h2c': (_target, mark) => last(marked(mark, H2C)),
  'upgrade to h2c of something known': lastKnownWith(H2C),
  'upgrade to h2c with a body': (_target, mark, random) =>
    last(withBody({ ...marked(mark, H2C), method: 'POST' }, `${requestAsBody(mark)}x\r\n\r\n`, random)),
  CONNECT: (_target, mark) => malformed(mark, { method: 'CONNECT', target: 'localhost:443' }),
  'Expect: 100-continue': knownWith([['expect', '100-continue']]),
  'Expect of something else': (target, mark, random) => {
    const planned = wellFormed(target, mark, random);
    const headers = [...planned.headers, ['expect', 'a-miracle'] as const];
    const statuses = [...planned.expects.statuses, 417];
    return { ...planned, headers, expects: { statuses } };
  },
  'Connection: close': lastKnownWith([['connection', 'close']]),
  'HTTP/1.0': (target, mark, random) => {
    const planned = wellFormed(target, mark, random);
    const isChunked = planned.headers.some(([name]) => name === 'transfer-encoding');
    // Chunks are of HTTP/1.1, so they may be refused (RFC 9112, 6.1).
    const statuses = [...planned.expects.statuses, ...(isChunked ? REFUSED : [])];
    return last({
      ...planned,
      version: '1.0',
      expects: { ...planned.expects, statuses, instances: NAMELESS },
    });
  },
  'HTTP/1.0 without Host': (_target, mark) =>
    last({
      ...marked(mark),
      headers: [],
      version: '1.0',
      expects: { statuses: [400, 404], instances: NAMELESS },
    }),
  'no Host': bad({ headers: [] }),
  'two Hosts': bad({ headers: [HOST, ['host', 'other.example']] }),
  'length and chunks': bad(posted([['content-length', '4'], CHUNKED], '0\r\n\r\n')),
  'two lengths': bad(
    posted(
      [
        ['content-length', '4'],
        ['content-length', '5'],
      ],
      'abcde',
    ),
  ),
  'a length that is no number': (_target, mark, random) =>
    malformed(mark, posted([['content-length', random.pick(['+4', '-1', '4 4', '0x4', ''])]], 'abcd')),
  'chunked twice': (_target, mark) =>
    badBody(mark, [['transfer-encoding', 'chunked, chunked']], inOneChunk('abcd')),
  'chunked, then something else': bad(posted([['transfer-encoding', 'chunked, identity']], '0\r\n\r\n')),
  'a bad size of a chunk': (_target, mark, random) =>
    badBody(
      mark,
      [CHUNKED],
      `${random.pick(['zz', '-1', '0x2', '', '+2', 'fffffffffffffffff'])}\r\n${HIDDEN}${mark} HTTP/1.1\r\n\r\n`,
    ),
  'a chunk that is longer than it says': (_target, mark) =>
    badBody(mark, [CHUNKED], `2\r\nabcd\r\n0\r\n\r\n${HIDDEN}${mark} HTTP/1.1\r\nHost: a\r\n\r\n`),
  'a long extension of a chunk': (_target, mark) =>
    badBody(mark, [CHUNKED], `2;${'x'.repeat(20_000)}\r\nab\r\n0\r\n\r\n`),
  'a folded header': bad({ headers: [HOST, ['x-folded', 'one\r\n two']] }),
  'a space before the colon': bad({ headers: [HOST, ['x-spaced ', 'one']] }),
  'NUL in a header': bad({ headers: [HOST, ['x-nul', 'a\0b']] }),
  'NUL in the target': (_target, mark) => malformed(mark, { target: `/fuzz/${mark}\0` }),
  'CR alone': (_target, mark) =>
    malformed(mark, { headers: [HOST, ['x-cr', `a\rGET ${SMUGGLED}${mark} HTTP/1.1`]] }),
  'a version of the future': bad({ version: '9.9' }),
  'no method': bad({ method: '' }),
  'bytes of TLS': (_target, mark) => malformed(mark, { method: '\x16\x03\x01\x02\0\x01\0', target: mark }),
  'huge headers': (_target, mark) => {
    const headers = [HOST, ['x-huge', 'x'.repeat(20_000)] as const];
    return last({ ...marked(mark), headers, expects: { statuses: [431], instances: NAMELESS } });
  },
  'hundreds of headers': (_target, mark) => {
    const many = Array.from({ length: 2_100 }, (_, index) => [`x-${index}`, 'x'] as const);
    return last({
      ...marked(mark),
      headers: [HOST, ...many],
      expects: { statuses: [400, 404, 431], instances: NAMELESS },
    });
  },
  'OPTIONS *': (_target, mark) => ({
    ...marked(mark),
    method: 'OPTIONS',
    target: '*',
    expects: { statuses: [200, 204, 400, 404, 405] },
  }),
  'a whole URL': (_target, mark) => ({
    ...marked(mark),
    target: `http://localhost/fuzz/${mark}`,
    expects: { statuses: [400, 404], instances: [`/fuzz/${mark}`] },
  }),
  'a length beyond what is taken': (target, mark) => {
    const headers = [
      ['content-type', 'application/json'],
      ['content-length', '3000000'],
    ] as const;
    const planned = request({
      method: 'POST',
      target: loginOr(target, mark),
      headers,
      expects: { statuses: [413, 404] },
    });
    return last({ ...planned, body: ' '.repeat(100_000) });
  },
  'chunks beyond what is taken': (target, mark, random) => {
    const headers = [['content-type', 'application/json'], CHUNKED] as const;
    const planned = request({
      method: 'POST',
      target: loginOr(target, mark),
      headers,
      expects: { statuses: [413, 404] },
    });
    return last({ ...planned, body: inChunks(' '.repeat(1_200_000), random) });
  },
} as const satisfies Record<string, Odd>;

export const oddKinds = Object.keys(kinds).filter((name): name is OddKind => name in kinds);
export const upgradeKinds = oddKinds.filter((name) => name.startsWith('upgrade '));

export function oddRequest(kind: OddKind, target: Target, mark: string, random: Random): PlannedRequest {
  return kinds[kind](target, mark, random);
}
