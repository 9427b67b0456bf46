import { z } from 'zod';

/** A claim as an answer showed it. */
export const SeenClaim = z.object({
  id: z.string(),
  eventId: z.string(),
  rewardId: z.string(),
  accountId: z.string(),
  period: z.string(),
  status: z.string(),
  attempt: z.number(),
  grant: z.object({ ledgerEntryId: z.string() }).optional(),
});
export type SeenClaim = z.infer<typeof SeenClaim>;

/** All that was asked and answered about one reward for one account. */
export interface ClaimRecord {
  eventId: string;
  rewardId: string;
  accountId: string;
  /** Requests whose outcome nobody knows. */
  unknown: number;
  /** Answers that a claim is there, by its id. */
  seen: Set<string>;
  /** Refusals by their code. */
  refusals: Set<string>;
}

export interface CheckInRecord {
  eventId: string;
  accountId: string;
  days: Set<string>;
  /** Answers that said `counted`, by day. */
  counted: Map<string, number>;
  unknown: number;
}

/** An answer that a correct system never gives. */
export interface Surprise {
  at: number;
  what: string;
  about: object;
}

/** The requests of clients and their answers. Times are Unix milliseconds. */
export class Journal {
  readonly outcomes = new Map<string, Map<string, number>>();
  /** When operations of a kind succeeded. */
  readonly successes = new Map<string, number[]>();
  readonly claims = new Map<string, ClaimRecord>();
  readonly checkIns = new Map<string, CheckInRecord>();
  /** States that answers showed, by claim and attempt. */
  readonly sightings = new Map<string, Set<string>>();
  readonly registered = new Set<string>();
  readonly surprises: Surprise[] = [];
  operations = 0;
  requests = 0;
  givenUp = 0;
  /** Sessions that ended because their client repeated a request whose answer was lost. */
  sessionsLost = 0;

  count(kind: string, label: string): void {
    const ofKind = this.outcomes.get(kind) ?? new Map<string, number>();
    this.outcomes.set(kind, ofKind);
    ofKind.set(label, (ofKind.get(label) ?? 0) + 1);
  }

  succeeded(kind: string): void {
    const times = this.successes.get(kind);
    if (times) times.push(Date.now());
    else this.successes.set(kind, [Date.now()]);
  }

  claim(eventId: string, rewardId: string, accountId: string): ClaimRecord {
    const key = `${eventId} ${rewardId} ${accountId}`;
    const record = this.claims.get(key) ?? {
      eventId,
      rewardId,
      accountId,
      unknown: 0,
      seen: new Set<string>(),
      refusals: new Set<string>(),
    };
    this.claims.set(key, record);
    return record;
  }

  checkIn(eventId: string, accountId: string): CheckInRecord {
    const key = `${eventId}:${accountId}`;
    const record = this.checkIns.get(key) ?? {
      eventId,
      accountId,
      days: new Set<string>(),
      counted: new Map<string, number>(),
      unknown: 0,
    };
    this.checkIns.set(key, record);
    return record;
  }

  saw({ id, attempt, status, grant }: SeenClaim): void {
    const key = `${id}.${attempt}`;
    const states = this.sightings.get(key) ?? new Set<string>();
    this.sightings.set(key, states);
    states.add(grant ? `${status} ${grant.ledgerEntryId}` : status);
  }

  surprise(what: string, about: object): void {
    this.surprises.push({ at: Date.now(), what, about });
  }
}
