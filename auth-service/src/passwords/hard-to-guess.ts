import { Counter, type Registry } from '@prometheus-io/client';
import { invalidInput } from '../http/refusal.ts';
import type { PasswordJudge } from './password-judge.ts';

/** Where a new password comes in. */
type Door = 'registration' | 'upgrade' | 'change' | 'reset' | 'creation';

export interface NewPasswordAt {
  door: Door;
  /** The input that the password came in. */
  field: 'password' | 'newPassword';
  password: string;
  /** What an attacker would try first: names and addresses of the owner. */
  personal: readonly (string | null | undefined)[];
}

/**
 * Call it behind the limit of its door: it is the dearest check before the hash.
 *
 * @throws {DomainError} `invalid_request`, which says why; `service_unavailable` when too many passwords wait
 */
export type AssertHardToGuess = (given: NewPasswordAt) => Promise<void>;

/** Refuses passwords that are too easy to guess, and counts them. */
export function createAssertHardToGuess(deps: {
  judge: Pick<PasswordJudge, 'weaknessOf'>;
  metrics: Registry;
}): AssertHardToGuess {
  const { judge, metrics } = deps;
  const refused = new Counter({
    name: 'weak_passwords_refused_total',
    help: 'New passwords that were refused because they are too easy to guess',
    labelNames: ['door'],
    registers: [metrics],
  });

  return async ({ door, field, password, personal }) => {
    const known = personal.filter((input) => typeof input === 'string');
    const message = await judge.weaknessOf(password, known);
    if (message === undefined) return;
    refused.inc({ door });
    throw invalidInput(field, message, 'The password is too easy to guess; see errors');
  };
}
