import type { HeaderValues } from './identity-verifier.ts';
import { createSignatureCheck, signatureHeader, type SigningKey } from './signature.ts';

/** Carries the signature of a call from one service to another. */
export const INTERNAL_SIGNATURE_HEADER = 'x-internal-signature';

export interface SignInternalCallOptions {
  /** Name of the called service. The signature is valid for no other. */
  service: string;
  key: SigningKey;
  /** Unix milliseconds. */
  now: number;
  method: string;
  /** Path and query exactly as they are sent. */
  target: string;
}

/**
 * Signs a call of one service to another that is not made for a user: HMAC-SHA256 over
 * `JSON.stringify(["internal-v1", service, t, method, target])`. The body is not covered.
 *
 * @returns the header to send
 */
export function signInternalCall(options: SignInternalCallOptions): Record<string, string> {
  const { service, key, now, method, target } = options;
  const content = contentOf(service, now, method, target);
  return { [INTERNAL_SIGNATURE_HEADER]: signatureHeader(key, now, content) };
}

/**
 * @param target path and query as received
 * @returns whether another service made this call
 */
export type InternalCallVerifier = (method: string, target: string, headers: HeaderValues) => boolean;

export interface InternalCallVerifierOptions {
  /** Name of this service. */
  service: string;
  /** Any of them is accepted, for rotation. */
  keys: readonly SigningKey[];
  /** Current time in Unix milliseconds. Default: the system's. */
  clock?: () => number;
  /** How far the time of a signature may be in the past or future, in milliseconds. Default 60,000. */
  maxAgeMs?: number;
}

/** Makes the check that a call comes from a service with one of the keys. The gateway signs with other keys. */
export function createInternalCallVerifier(options: InternalCallVerifierOptions): InternalCallVerifier {
  const { service } = options;
  const isSigned = createSignatureCheck(options);
  return (method, target, headers) =>
    isSigned(headers[INTERNAL_SIGNATURE_HEADER], (time) => contentOf(service, time, method, target));
}

function contentOf(service: string, time: number, method: string, target: string): (string | number)[] {
  return ['internal-v1', service, time, method, target];
}
