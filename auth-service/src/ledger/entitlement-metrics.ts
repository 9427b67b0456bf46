import { Counter, type Registry } from '@prometheus-io/client';
import type { LedgerEntry } from './ledger.ts';

export interface EntitlementMetrics {
  /** Grants and revokes, by what was decided. */
  grantsDecided: Counter<'outcome'>;
  /** Spends and make-goods, by what was decided: `applied`, or the code of the refusal. */
  ordersDecided: Counter<'asks' | 'outcome'>;
  countEntries(entries: readonly LedgerEntry[]): void;
}

export function createEntitlementMetrics(registry: Registry): EntitlementMetrics {
  const registers = [registry];
  const entries = new Counter({
    name: 'ledger_entries_total',
    help: 'Entries written to the ledger',
    labelNames: ['kind'],
    registers,
  });
  return {
    grantsDecided: new Counter({
      name: 'grants_decided_total',
      help: 'Decisions about grants and revokes; repetitions are not counted',
      labelNames: ['outcome'],
      registers,
    }),
    ordersDecided: new Counter({
      name: 'ledger_orders_decided_total',
      help: 'Decisions about spends and make-goods; repetitions are not counted',
      labelNames: ['asks', 'outcome'],
      registers,
    }),
    countEntries: (written) => {
      for (const { kind } of written) entries.inc({ kind });
    },
  };
}
