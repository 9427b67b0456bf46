import type { Module, Platform } from 'service-kit/service';
import { createAssertHardToGuess, type AssertHardToGuess } from './hard-to-guess.ts';
import { createPasswordHasher, type PasswordHasherOptions, type PasswordHasher } from './password-hasher.ts';
import { createPasswordJudge, type PasswordJudgeOptions, type PasswordJudge } from './password-judge.ts';

export interface PasswordsModule extends Module {
  hasher: PasswordHasher;
  passwordJudge: PasswordJudge;
  assertHardToGuess: AssertHardToGuess;
}

export interface PasswordsNeeds {
  hashing: PasswordHasherOptions;
  judging: Omit<PasswordJudgeOptions, 'metrics'>;
}

/** Hashes passwords, and judges new ones. */
export function createPasswords(
  { metrics }: Platform,
  { hashing, judging }: PasswordsNeeds,
): PasswordsModule {
  const { concurrency, queueLimit, timeoutMs } = judging;
  const passwordJudge = createPasswordJudge({ concurrency, queueLimit, timeoutMs, metrics });
  return {
    hasher: createPasswordHasher(hashing),
    passwordJudge,
    assertHardToGuess: createAssertHardToGuess({ judge: passwordJudge, metrics }),
    components: [passwordJudge],
  };
}
