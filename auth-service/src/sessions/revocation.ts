/**
 * Ends access tokens before their time: those of these sessions, and those with a lower version. The tokens of the
 * excepted session stay valid.
 */
export interface Revocation {
  accountId: string;
  sessionIds?: readonly string[];
  minVersion?: number;
  exceptSessionId?: string;
}

/** A revocation in the form for programs that check tokens. */
export interface RevocationRecord extends Revocation {
  revokedAt: Date;
}
