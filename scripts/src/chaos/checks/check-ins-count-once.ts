import type { CheckInRecord } from '../load/journal.ts';
import type { ProgressRow } from './system-state.ts';
import { type Breach, type Verdict, verdict } from './verdict.ts';

/** As MongoDB allows the name of the metric `attendance.check-in`. */
const COUNTER = 'attendance%2echeck-in';

/** A day counts once, is told as counted once at most, and is not forgotten. */
export function checkInsCountOnce(
  records: ReadonlyMap<string, CheckInRecord>,
  progress: readonly ProgressRow[],
): Verdict {
  const stored = new Map(progress.map((row) => [row._id, row.counters[COUNTER] ?? { total: 0, days: {} }]));
  const breaches: Breach[] = [];
  for (const [id, record] of records) {
    const counter = stored.get(id) ?? { total: 0, days: {} };
    const days = Object.values(counter.days);
    const missing = [...record.days].filter((day) => counter.days[day] === undefined);
    const twice = [...record.counted].filter(([, times]) => times > 1);
    const evidence = { id, counter, counted: [...record.counted], unknown: record.unknown };
    if (missing.length > 0)
      breaches.push({ what: `check-in ${id} was answered and is not counted`, evidence });
    if (twice.length > 0) breaches.push({ what: `check-in ${id} was told as counted twice`, evidence });
    if (days.some((count) => count !== 1) || counter.total !== days.length)
      breaches.push({ what: `check-in ${id} counts more than once a day`, evidence });
  }
  for (const [id, counter] of stored) {
    if (records.has(id) || counter.total === 0) continue;
    breaches.push({ what: `check-in ${id} was made by nobody`, evidence: { id, counter } });
  }
  return verdict('check-ins', 'a check-in counts once a day', records.size, breaches);
}
