import { z } from 'zod';

/**
 * What ends access tokens before their time: those of these sessions, and those of the account with a lower version but
 * for those of the session that is excepted.
 */
export const Revocation = z.object({
  accountId: z.string().min(1).max(128),
  sessionIds: z.array(z.string().min(1).max(128)).optional(),
  minVersion: z.int().nonnegative().optional(),
  exceptSessionId: z.string().min(1).max(128).optional(),
});
export type Revocation = z.infer<typeof Revocation>;

/** A revocation as auth-service sends it to every gateway. */
export const SessionsRevoked = z.object({
  type: z.literal('laurel.sessions.revoked.v1'),
  data: Revocation,
});

/** What auth-service answers when it is asked: the revocations since a cursor, and the cursor to ask with next. */
export const RevocationPage = z.object({
  items: z.array(Revocation.extend({ revokedAt: z.iso.datetime({ offset: true }).transform(Date.parse) })),
  cursor: z.string().min(1).max(256),
  /** Whether the next page is there already; an auth-service that has no pages leaves it out. */
  hasMore: z.boolean().optional(),
});
export type RevocationPage = z.infer<typeof RevocationPage>;
