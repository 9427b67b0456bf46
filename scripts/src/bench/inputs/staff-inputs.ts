import type { Input } from './inputs.ts';
import type { RawRequest } from './raw-request.ts';

const MIB = 1_048_576;
const LEAVES = 32;

export interface StaffTokens {
  operator: () => string;
  gameServer: () => string;
  player: () => string;
  eventId: string;
  rewardId: string;
}

/** The largest inputs that each route allows to callers with an account, a role or a scope. */
export function staffInputs({ operator, gameServer, player, eventId, rewardId }: StaffTokens): Input[] {
  const of = (route: string, name: string, token: () => string, more: Partial<RawRequest>): Input => {
    const [method = '', target = ''] = route
      .replace('{event}', eventId)
      .replace('{reward}', rewardId)
      .split(' ');
    const headers = { 'content-type': 'application/json', ...more.headers };
    return { route, name, token, request: { method, target, ...more, headers } };
  };
  const body = (value: unknown): Partial<RawRequest> => ({ body: Buffer.from(JSON.stringify(value)) });
  const csv = (line: string, bytes = 4 * MIB): Partial<RawRequest> => ({
    headers: { 'content-type': 'text/csv' },
    body: Buffer.from(line.repeat(bytes / line.length)),
  });
  const upload = 'POST /v1/events/{event}/rewards/{reward}/codes';

  return [
    of(
      'POST /v1/events',
      `a condition with ${LEAVES} leaves`,
      operator,
      body(eventWith({ all: leaves(LEAVES) })),
    ),
    of(
      'POST /v1/events',
      'a condition with 20,000 leaves',
      operator,
      body(eventWith({ any: leaves(7_000) })),
    ),
    of('POST /v1/events', 'a condition nested 50 deep', operator, body(eventWith(nested(50)))),
    of(
      'POST /v1/events',
      'a condition of nothing but lists',
      operator,
      body(eventWith({ all: lists(20_000) })),
    ),
    of(
      'POST /v1/events',
      'a description of 1 MiB',
      operator,
      body(eventWith(leaf(0), 'a'.repeat(MIB - 1_000))),
    ),
    of(upload, 'empty lines', operator, csv('\n')),
    of(upload, 'lines of one letter', operator, csv('a\n')),
    of(upload, 'quotes', operator, csv(`"${'""'.repeat(2_000)}"\n`)),
    of(upload, 'one line without an end', operator, csv('a')),
    of('POST /v1/activity', '1,000 items in 4 MiB', gameServer, body({ items: items(1_000, 3_900) })),
    of('POST /v1/activity', '100,000 items', gameServer, body({ items: items(30_000, 0) })),
    of('POST /v1/activity', '4 MiB of zeros', gameServer, body({ items: Array(2_000_000).fill(0) })),
    of('POST /v1/activity/async', '1,000 items in 4 MiB', gameServer, body({ items: items(1_000, 3_900) })),
    of('POST /v1/activity/async', '100,000 items', gameServer, body({ items: items(30_000, 0) })),
    of('PATCH /v1/me', 'a display name of 1 MiB', player, {
      ...body({ displayName: 'a'.repeat(MIB - 100) }),
    }),
    of(
      'PUT /v1/me/password',
      'unknown fields',
      player,
      body(Object.fromEntries(Array.from({ length: 80_000 }, (_, index) => [`k${index}`, 1]))),
    ),
    of(
      `GET /v1/accounts?ids=${Array.from({ length: 3_000 }, (_, index) => `a${index}`)
        .join(',')
        .slice(0, 14_000)}`,
      'many ids',
      operator,
      {},
    ),
    of(`GET /v1/accounts?query=${'%E1%B7%BA'.repeat(1_500)}`, 'a long search', operator, {}),
  ];
}

const leaf = (index: number): object => ({
  metric: `metric.${index}`,
  op: '>=',
  value: 1,
  over: 'rolling:7d',
});
const leaves = (count: number): object[] => Array.from({ length: count }, (_, index) => leaf(index));
const lists = (count: number): object[] => Array.from({ length: count }, () => ({ all: [] }));
const nested = (levels: number): object => (levels === 0 ? leaf(0) : { not: nested(levels - 1) });

function eventWith(condition: object, description = ''): object {
  return {
    name: 'Worst',
    description,
    kind: 'activity',
    timeZone: 'UTC',
    startsAt: '2030-01-01T00:00:00Z',
    endsAt: '2030-02-01T00:00:00Z',
    repeat: 'once',
    condition,
  };
}

function items(count: number, attributeBytes: number): object[] {
  const at = new Date().toISOString();
  return Array.from({ length: count }, (_, index) => ({
    source: 'worst',
    id: `${at}-${index}`,
    accountId: 'acc_worst',
    metric: 'battles.won',
    at,
    ...(attributeBytes > 0 && {
      attributes: Object.fromEntries(
        Array.from({ length: 8 }, (_, n) => [`a${n}`, 'x'.repeat(attributeBytes / 8)]),
      ),
    }),
  }));
}
