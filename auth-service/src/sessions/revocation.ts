/**
 * What ends access tokens before their time: those of these sessions, and those with a lower version, but for those of
 * the session that is excepted.
 */
export interface Revocation {
  accountId: string;
  sessionIds?: readonly string[];
  minVersion?: number;
  exceptSessionId?: string;
}

/** A revocation as it is handed to whoever checks tokens. */
export interface RevocationRecord extends Revocation {
  revokedAt: Date;
}
