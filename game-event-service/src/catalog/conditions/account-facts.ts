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

/** What conditions read of an account. One that has not been heard of yet is as new as can be. */
export function accountFacts(account: AccountStanding | undefined, now: Date) {
  const age = account?.registeredAt ? now.getTime() - account.registeredAt.getTime() : 0;
  return {
    ageDays: Math.max(0, Math.floor(age / DAY_MS)),
    guest: account?.guest ?? false,
    status: account ? statusAt(account, now) : ('active' as const),
  };
}
