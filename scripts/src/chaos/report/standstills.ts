import type { InjectedFault } from '../faults/fault.ts';
import { gapAround, type Period } from './availability.ts';

/** How long faults of one kind on one sort of thing held things up at most, in milliseconds. */
export interface Standstill {
  kind: string;
  target: string;
  faults: number;
  /** Longest time without an answered claim that overlaps such a fault. */
  claimMs: number;
  /** The same for claims that were answered as granted: these need the broker. */
  grantMs: number;
}

/** A standstill counts for each fault that it overlaps with, because its cause is unknown. */
export function standstillsOf(
  faults: readonly InjectedFault[],
  successes: ReadonlyMap<string, readonly number[]>,
  period: Period,
): Standstill[] {
  const done = faults.filter(({ trouble }) => trouble === undefined);
  const sorts = Map.groupBy(done, ({ planned }) => `${planned.kind} ${sortOf(planned.target)}`);
  return [...sorts.values()]
    .map((same): Standstill => {
      const longest = (operation: string): number =>
        Math.max(...same.map((fault) => gapAround(successes.get(operation) ?? [], fault, period)));
      const { kind = '', target = '' } = same[0]?.planned ?? {};
      return {
        kind,
        target: sortOf(target),
        faults: same.length,
        claimMs: longest('claim'),
        grantMs: longest('grant'),
      };
    })
    .toSorted((a, b) => a.kind.localeCompare(b.kind) || a.target.localeCompare(b.target));
}

/** `game-event-service → rabbitmq-2` is one of the links to RabbitMQ, `auth-service-2` an auth-service. */
function sortOf(target: string): string {
  const [from = '', to] = target.split(' → ').map((end) => end.replace(/-\d+$/, ''));
  return to === undefined ? from : `link to ${to}`;
}
