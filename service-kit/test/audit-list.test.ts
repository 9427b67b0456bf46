import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { auditFilters, createAuditTrail, defineAuditList, type AuditTrail } from '../src/audit/index.ts';
import { listQuery } from '../src/http/index.ts';
import { entryOf, recordMany } from './audit-trail.ts';
import { client, player, startApp } from './running-app.ts';
import { openDatabase, recordingLogger, type TestDatabase } from './servers.ts';

const auditor = { ...player, userId: 'acc_auditor', roles: ['AUDITOR' as const] };
const Query = z.object({
  ...listQuery,
  accountId: z.string().optional(),
  actorId: z.string().optional(),
  ...auditFilters(['set-status', 'search-audit']),
});
type Answer = { items: { details: { n: number } }[]; nextCursor: string | null };

let database: TestDatabase;
let trail: AuditTrail;
beforeEach(async () => {
  database = await openDatabase();
  trail = createAuditTrail({ ...database, logger: recordingLogger().logger });
  await trail.ensureIndexes();
});
afterEach(() => database.drop());

async function start() {
  const seen: unknown[] = [];
  const list = defineAuditList({
    path: '/audit',
    summary: 'Who did what',
    access: { roles: ['AUDITOR'] },
    query: Query,
    subjectOf: ({ accountId }) => accountId,
    trail,
    seen: async (by, filters) => void seen.push([by.id, filters]),
  });
  const { call } = await startApp({ endpoints: [list] });
  return { call, seen };
}

describe('the list of entries', () => {
  it('shows them page by page, newest first, and records who read it', async () => {
    const { call, seen } = await start();
    await recordMany(trail, 3, { action: 'set-status' });
    await trail.recordAlone(entryOf({ subject: { kind: 'account', id: 'acc_other' } }));
    const subject = entryOf().subject.id;
    const asked = `/audit?accountId=${subject}&action=set-status&limit=2`;
    const first = (await call(`GET ${asked}`, { as: auditor })).body as Answer;
    const rest = (await call(`GET ${asked}&cursor=${first.nextCursor}`, { as: auditor })).body as Answer;
    expect([...first.items, ...rest.items].map(({ details }) => details.n)).toEqual([2, 1, 0]);
    expect(first.items[0]).toMatchObject({
      at: expect.stringMatching(/Z$/),
      subject: { id: subject },
      origin: { device: 'a browser' },
      seal: null,
    });
    expect(rest.nextCursor).toBeNull();
    const filters = { accountId: subject, action: 'set-status' };
    expect(seen).toEqual([
      ['acc_auditor', filters],
      ['acc_auditor', filters],
    ]);
  });

  it.each([
    ['a cursor of other filters', (cursor: string) => `actorId=acc_x&cursor=${cursor}`, 'invalid_cursor'],
    ['an action that is none of the service', () => 'action=other', 'invalid_request'],
    ['a time before all others', () => 'from=1969-12-31T23:59:59Z', 'invalid_request'],
  ])('is refused with %s', async (_what, query, code) => {
    const { call, seen } = await start();
    await recordMany(trail, 2);
    const { nextCursor } = (await call('GET /audit?limit=1', { as: auditor })).body as Answer;
    const answer = await call(`GET /audit?${query(nextCursor ?? '')}`, { as: auditor });
    expect(answer).toMatchObject({ status: 400, body: { code } });
    expect(seen).toHaveLength(1);
  });

  it('is for the callers that the service allows', async () => {
    const { call } = await start();
    for (const as of [player, client]) expect((await call('GET /audit', { as })).status).toBe(403);
  });
});
