import { pageSchema } from 'service-kit/http';
import { z } from 'zod';
import { assetKinds, entryKinds, type LedgerEntry } from './ledger.ts';

export const Entitlements = pageSchema(
  z.object({ kind: z.enum(assetKinds), asset: z.string(), quantity: z.int() }),
).meta({ id: 'Entitlements' });

export const LedgerEntryView = z
  .object({
    id: z.string(),
    grantId: z.string().optional().meta({ description: 'Only for a reward and its reversal' }),
    kind: z.enum(entryKinds),
    asset: z.string(),
    quantity: z
      .int()
      .meta({ description: 'Negative for a withdrawal; the balance is the sum of all entries' }),
    balanceAfter: z.int(),
    reason: z.string(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'LedgerEntry' });

export function toLedgerEntryView(entry: LedgerEntry): z.infer<typeof LedgerEntryView> {
  const { id, grantId, kind, asset, quantity, balanceAfter, reason, at } = entry;
  return { id, grantId, kind, asset, quantity, balanceAfter, reason, at: at.toISOString() };
}
