import { createHash } from 'node:crypto';
import type { PasswordHasher } from '../passwords/password-hasher.ts';
import { foldCase } from '../http/fold-case.ts';
import { networkOf } from 'service-kit/http';
import { rateLimited } from './rate-limited.ts';
import type { SlidingWindow } from './sliding-window.ts';

/** Whose password is tried, and from where. */
export interface PasswordTry {
  /** As it was given, in any case; it need not exist. */
  username: string;
  password: string;
  /** The check against the account with that name. An unknown name costs as much. */
  passwordHash: string | null | undefined;
  address: string | null;
}

/**
 * Tells whether a password is right, unless there were too many wrong ones. All doors at which a password is asked
 * share it.
 *
 * @throws problem `rate_limited`
 */
export type CheckPassword = (tried: PasswordTry) => Promise<boolean>;

export interface PasswordChecksDeps {
  /** Wrong passwords for one account from one address, and from one address for any account. */
  account: SlidingWindow;
  address: SlidingWindow;
  hasher: Pick<PasswordHasher, 'verify'>;
}

/**
 * Limits guessing without locking out the owner. One limit belongs to an account *and* an address, so a stranger cannot
 * use it up for the owner. Another belongs to an address alone. Only wrong passwords count, but each try counts while
 * it is checked, so that tries at the same moment do not exceed the limit either.
 */
export function createPasswordChecks(deps: PasswordChecksDeps): CheckPassword {
  const { account, address, hasher } = deps;
  const underWay = new Map<string, Set<Promise<unknown>>>();

  return async (tried) => {
    const network = networkOf(tried.address);
    const keys: Places = [
      [address, network],
      [account, digest([foldCase(tried.username), network])],
    ];
    await takePlaces(keys, underWay);
    const checking = hasher.verify(tried.passwordHash, tried.password);
    const settled = checking.then(
      async (isRight) => isRight && (await giveBack(keys)),
      () => giveBack(keys),
    );
    for (const [, key] of keys) remember(underWay, key, settled);
    const isRight = await checking;
    await settled;
    return isRight;
  };
}

type Places = readonly (readonly [SlidingWindow, string])[];

async function takePlaces(
  places: Places,
  underWay: ReadonlyMap<string, ReadonlySet<Promise<unknown>>>,
): Promise<void> {
  for (const [index, [window, key]] of places.entries()) {
    for (;;) {
      const waitMs = await window.take(key);
      if (waitMs === undefined) break;
      const others = underWay.get(key);
      if (!others) {
        await giveBack(places.slice(0, index));
        throw rateLimited(waitMs);
      }
      // Tries that are being checked hold the last places; those that turn out right give them back.
      await Promise.race(others);
    }
  }
}

async function giveBack(places: Places): Promise<void> {
  await Promise.all(places.map(([window, key]) => window.giveBack(key)));
}

function remember(
  underWay: Map<string, Set<Promise<unknown>>>,
  key: string,
  settled: Promise<unknown>,
): void {
  const here = underWay.get(key) ?? new Set();
  underWay.set(key, here.add(settled));
  const forget = (): void => {
    here.delete(settled);
    if (here.size === 0) underWay.delete(key);
  };
  settled.then(forget, forget);
}

/** Names of any length and content in keys of one length. */
const digest = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
