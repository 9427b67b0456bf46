import { z } from 'zod';

// The fields of the API's answers that the scripts read.

export const SignedIn = z.object({
  account: z.object({ id: z.string(), username: z.string() }),
  tokens: z.object({ accessToken: z.string(), refreshToken: z.string() }),
});
export type SignedIn = z.infer<typeof SignedIn>;

export const Event = z.object({ id: z.string(), status: z.string() });

export const Reward = z.object({
  id: z.string(),
  stock: z.number().nullable(),
  available: z.number().nullable().optional(),
  reserved: z.number().optional(),
  granted: z.number().optional(),
});
export type Reward = z.infer<typeof Reward>;

export const AddedCodes = z.object({ added: z.number() });

export const CheckIn = z.object({ day: z.string(), counted: z.boolean(), streak: z.number() });

export const Claim = z.object({
  id: z.string(),
  accountId: z.string(),
  status: z.enum(['pending', 'granted', 'rejected', 'revoking', 'revoked']),
  grant: z
    .object({ asset: z.string(), quantity: z.number(), ledgerEntryId: z.string().optional() })
    .optional(),
});
export type Claim = z.infer<typeof Claim>;

export const Entitlements = z.object({
  items: z.array(z.object({ kind: z.string(), asset: z.string(), quantity: z.number() })),
});

export const LedgerPage = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      grantId: z.string().nullish(),
      kind: z.string(),
      asset: z.string(),
      quantity: z.number(),
      balanceAfter: z.number(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  requestId: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;
