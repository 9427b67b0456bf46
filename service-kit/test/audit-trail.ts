import type { Db } from 'mongodb';
import {
  verifyAudit,
  type AuditEntry,
  type AuditFinding,
  type AuditSummary,
  type AuditTrail,
  type VerifyAuditOptions,
} from '../src/audit/index.ts';

export const ADDRESS = '203.0.113.77';

/** An entry for tests. */
export function entryOf(more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    action: 'replace-roles',
    actor: { kind: 'account', id: 'acc_admin', roles: ['ADMIN'] },
    subject: { kind: 'account', id: 'acc_player' },
    result: 'done',
    details: { from: ['USER'], to: ['USER', 'OPERATOR'] },
    origin: { address: ADDRESS, device: 'a browser', requestId: 'r-1', traceparent: '00-aa-bb-01' },
    ...more,
  };
}

/** Records `count` entries, one after the other. */
export async function recordMany(
  trail: AuditTrail,
  count: number,
  more: Partial<AuditEntry> = {},
): Promise<void> {
  await trail.recordAlone(Array.from({ length: count }, (_, n) => entryOf({ details: { n }, ...more })));
}

/** All findings and the summary of a trail. */
export async function verdictOn(
  db: Db,
  options: Omit<VerifyAuditOptions, 'db'> = {},
): Promise<{ findings: AuditFinding[]; problems: string[]; summary: AuditSummary }> {
  const findings: AuditFinding[] = [];
  const walk = verifyAudit({ db, ...options });
  let step = await walk.next();
  for (; !step.done; step = await walk.next()) findings.push(step.value);
  return { findings, problems: [...new Set(findings.map(({ problem }) => problem))], summary: step.value };
}

export const unsealedIn = (db: Db): Promise<number> => db.collection('audit').countDocuments({ seal: null });
