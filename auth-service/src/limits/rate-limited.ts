import { DomainError } from 'service-kit/http';
import type { RefusalCode } from '../http/refusal.ts';

/** @param waitMs after how many milliseconds it is worth trying again */
export function rateLimited(waitMs: number): DomainError<RefusalCode> {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new DomainError('rate_limited', `Too many tries; the next one in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  });
}
