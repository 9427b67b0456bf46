import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createAudited,
  createAuditTrail,
  createRefusals,
  type AuditAttempt,
  type Audited,
  type AuditTrail,
} from '../src/audit/index.ts';
import { DomainError } from '../src/http/index.ts';
import { createTransact, type Transact } from '../src/mongo/index.ts';
import { openDatabase, recordingLogger, unique, type TestDatabase } from './servers.ts';

let database: TestDatabase;
let trail: AuditTrail;
let audited: Audited;
let transact: Transact<string>;
const { logger } = recordingLogger();

beforeAll(async () => {
  database = await openDatabase();
  trail = createAuditTrail({ ...database, logger });
  await trail.ensureIndexes();
  const outbox = { insert: async () => [], committed: () => undefined };
  transact = createTransact<string, string>({ client: database.client, outbox, logger });
  audited = createAudited({ trail, refusals: createRefusals({ trail, logger }) });
});
afterAll(() => database.drop());

const attemptOn = (id: string): AuditAttempt => ({
  action: 'set-status',
  actor: { kind: 'account', id: 'acc_admin' },
  subject: { kind: 'account', id },
  reason: 'speed hack',
  details: { to: 'banned' },
});
const about = (id: string) => trail.list({ subjectId: id }, undefined, 10);

describe('an audited attempt', () => {
  it('is recorded as done in the transaction of the change', async () => {
    const id = unique('acc');
    const answer = await audited(attemptOn(id), (done) =>
      transact(async (tx) => {
        await done(tx, { details: { from: 'active' } });
        expect(await about(id)).toEqual([]);
        return 7;
      }),
    );
    expect(answer).toBe(7);
    expect(await about(id)).toMatchObject([
      { ...attemptOn(id), result: 'done', details: { to: 'banned', from: 'active' } },
    ]);
  });

  it('may learn its actor during the work', async () => {
    const id = unique('acc');
    const actor = { kind: 'account', id } as const;
    const attempt = { ...attemptOn(id), actor: { kind: 'anonymous' } } as const;
    await audited(attempt, (done) => transact((tx) => done(tx, { actor })));
    expect(await about(id)).toMatchObject([{ actor, subject: { id }, details: { to: 'banned' } }]);
  });

  it('that changes nothing is not recorded', async () => {
    const id = unique('acc');
    await audited(attemptOn(id), async () => undefined);
    expect(await about(id)).toEqual([]);
  });

  it('that is refused is recorded with the code, without the details of the undone work', async () => {
    const id = unique('acc');
    const refused = audited(attemptOn(id), (done) =>
      transact(async (tx) => {
        await done(tx);
        throw new DomainError('last_admin');
      }),
    );
    await expect(refused).rejects.toMatchObject({ code: 'last_admin' });
    expect(await about(id)).toMatchObject([
      { result: 'refused', reason: 'last_admin', details: { to: 'banned' } },
    ]);
  });

  it('that fails is not recorded as a refusal', async () => {
    const id = unique('acc');
    for (const error of [
      new Error('a bug'),
      new DomainError('service_unavailable'),
      new DomainError('invalid_request'),
    ]) {
      const failed = audited(attemptOn(id), () => Promise.reject(error));
      await expect(failed).rejects.toBe(error);
    }
    expect(await about(id)).toEqual([]);
  });
});
