import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createAuditedTransact,
  createAuditTrail,
  createRefusals,
  type AuditAttempt,
  type AuditedTransact,
  type AuditTrail,
} from '../src/audit/index.ts';
import { DomainError } from '../src/http/index.ts';
import { createTransact } from '../src/mongo/index.ts';
import { openDatabase, recordingLogger, unique, type TestDatabase } from './servers.ts';

let database: TestDatabase;
let trail: AuditTrail;
let audited: AuditedTransact<string>;
const sent: string[] = [];
const { logger } = recordingLogger();

beforeAll(async () => {
  database = await openDatabase();
  trail = createAuditTrail({ ...database, logger });
  await trail.ensureIndexes();
  const outbox = {
    insert: async (messages: readonly string[]) => [...messages],
    committed: (rows: readonly string[]) => void sent.push(...rows),
  };
  const transact = createTransact<string, string>({ client: database.client, outbox, logger });
  audited = createAuditedTransact({ transact, trail, refusals: createRefusals({ trail, logger }) });
});
afterAll(() => database.drop());

const attemptOn = (id: string): AuditAttempt => ({
  action: 'status.set',
  actor: { kind: 'account', id: 'acc_admin' },
  subject: { kind: 'account', id },
  reason: 'speed hack',
  details: { to: 'banned' },
});
const about = (id: string) => trail.list({ subjectId: id }, undefined, 10);

describe('an audited transaction', () => {
  it('records what was done, and sends what it emits', async () => {
    const id = unique('acc');
    const answer = await audited(attemptOn(id), async (tx) => {
      await tx.record({ from: 'active' });
      tx.emit(id);
      return 7;
    });
    expect(answer).toBe(7);
    expect(sent).toContain(id);
    expect(await about(id)).toMatchObject([
      { ...attemptOn(id), result: 'done', details: { to: 'banned', from: 'active' } },
    ]);
  });

  it('records nothing where the work records nothing', async () => {
    const id = unique('acc');
    await audited(attemptOn(id), async () => undefined);
    expect(await about(id)).toEqual([]);
  });

  it('records a refusal by its code, and nothing of what was undone with it', async () => {
    const id = unique('acc');
    const refused = audited(attemptOn(id), async (tx) => {
      await tx.record();
      throw new DomainError('last_admin');
    });
    await expect(refused).rejects.toMatchObject({ code: 'last_admin' });
    expect(await about(id)).toMatchObject([
      { result: 'refused', reason: 'last_admin', details: { to: 'banned' } },
    ]);
  });

  it('does not take a failure for a refusal', async () => {
    const id = unique('acc');
    for (const error of [new Error('a bug'), new DomainError('service_unavailable')]) {
      const failed = audited(attemptOn(id), () => Promise.reject(error));
      await expect(failed).rejects.toBe(error);
    }
    expect(await about(id)).toEqual([]);
  });
});
