import { z } from 'zod';

/**
 * Ends access tokens before their expiry: those of `sessionIds`, and those of the account with a version below
 * `minVersion`, except those of the session `exceptSessionId`.
 */
export const Revocation = z.object({
  accountId: z.string().min(1).max(128),
  sessionIds: z.array(z.string().min(1).max(128)).optional(),
  minVersion: z.int().nonnegative().optional(),
  exceptSessionId: z.string().min(1).max(128).optional(),
});
export type Revocation = z.infer<typeof Revocation>;

/** The message by which auth-service tells every gateway. */
export const SessionsRevoked = z.object({
  type: z.literal('laurel.sessions.revoked.v1'),
  data: Revocation,
});

/** A page of auth-service's answer: the revocations since a cursor, and the cursor for the next request. */
export const RevocationPage = z.object({
  items: z.array(Revocation.extend({ revokedAt: z.iso.datetime({ offset: true }).transform(Date.parse) })),
  cursor: z.string().min(1).max(256),
  /** Whether there is a next page already. An auth-service without pages omits it. */
  hasMore: z.boolean().optional(),
});
export type RevocationPage = z.infer<typeof RevocationPage>;
