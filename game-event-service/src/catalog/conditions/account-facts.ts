import type { AccountStatus } from './leaf.ts';

/** What decisions about claims and check-ins need of an account. */
export interface AccountStanding {
  status: AccountStatus;
  /** When a ban ends by itself. */
  bannedUntil?: Date;
  guest: boolean;
  registeredAt?: Date;
}

/** The status at `now`: a ban with an end ends by itself. */
export function statusAt({ status, bannedUntil }: AccountStanding, now: Date): AccountStatus {
  return status === 'banned' && bannedUntil && bannedUntil <= now ? 'active' : status;
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/** The facts that conditions read of an account. An account that is not known yet counts as brand-new. */
export function accountFacts(account: AccountStanding | undefined, now: Date) {
  const age = account?.registeredAt ? now.getTime() - account.registeredAt.getTime() : 0;
  return {
    ageDays: Math.max(0, Math.floor(age / DAY_MS)),
    guest: account?.guest ?? false,
    status: account ? statusAt(account, now) : ('active' as const),
  };
}
