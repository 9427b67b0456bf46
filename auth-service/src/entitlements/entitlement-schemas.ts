import { pageSchema } from 'service-kit/http';
import { z } from 'zod';
import { assetKinds, entryKinds, type LedgerEntry } from './ledger.ts';

export const Entitlements = pageSchema(
  z.object({ kind: z.enum(assetKinds), asset: z.string(), quantity: z.int() }),
).meta({ id: 'Entitlements' });

export const LedgerEntryView = z
  .object({
    id: z.string(),
    grantId: z.string().optional().meta({ description: 'Of a reward and of its reversal' }),
    kind: z.enum(entryKinds),
    asset: z.string(),
    quantity: z.int().meta({ description: 'Negative where something was taken; the balance is the sum' }),
    balanceAfter: z.int(),
    reason: z.string(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'LedgerEntry' });

export function toLedgerEntryView(entry: LedgerEntry): z.infer<typeof LedgerEntryView> {
  const { id, grantId, kind, asset, quantity, balanceAfter, reason, at } = entry;
  return { id, grantId, kind, asset, quantity, balanceAfter, reason, at: at.toISOString() };
}
