import type { ClientSession } from 'mongodb';
import type { RequestOrigin } from 'service-kit/audit';
import { DomainError } from 'service-kit/http';
import { isDuplicateKey } from 'service-kit/mongo';
import { accountRegistered } from '../accounts/account-messages.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { openAccount, type Account } from '../accounts/account.ts';
import { account as accountSubject, type Audited } from '../audit/audit.ts';
import { somebodyAt } from '../audit/somebody-at.ts';
import type { Clock, NewId } from 'service-kit/service';
import type { CountNewAccount } from '../limits/new-accounts.ts';
import type { CountNewSession } from '../limits/new-sessions.ts';
import { refusal } from '../http/refusal.ts';
import type { CapSessions } from '../sessions/session-cap.ts';
import type { SessionIssuer, Tokens } from '../sessions/session-issuer.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Transact, Transaction } from '../database/transact.ts';
import type { DeviceStore } from './device-store.ts';
import type { DeviceKeyOf } from './device.ts';
import { guestNameOf } from './guest-name.ts';

export interface GuestEntry {
  account: Account;
  tokens: Tokens;
  sessionId: string;
  /** Whether the device was not known and its account was opened now. */
  isNew: boolean;
}

export type EnterAsGuest = (deviceId: string, origin: RequestOrigin) => Promise<GuestEntry>;

export interface EnterAsGuestDeps {
  accounts: AccountStore;
  devices: DeviceStore;
  deviceKeyOf: DeviceKeyOf;
  sessions: SessionStore;
  issuer: SessionIssuer;
  countNewAccount: CountNewAccount;
  countNewSession: CountNewSession;
  capSessions: CapSessions;
  audited: Audited;
  transact: Transact;
  newId: NewId;
  clock: Clock;
}

const ATTEMPTS = 3;

/**
 * Opens a session for a device, and its account where it has none yet. A device whose account was deleted is as
 * good as a new one: like a login, it does not tell that there was one.
 */
export function enterAsGuest(deps: EnterAsGuestDeps): EnterAsGuest {
  const { accounts, devices, deviceKeyOf, sessions, issuer, countNewAccount } = deps;
  const { countNewSession, capSessions, audited, transact, newId, clock } = deps;

  return async (deviceId, origin) => {
    const device = deviceKeyOf(deviceId);
    const accountId = await devices.findAccountId(device);
    return await audited({ action: 'enter-as-guest', by: somebodyAt(origin), accountId }, async (done) => {
      await countEntry(await guestOf(device), origin.address);
      const entered = await again(() =>
        transact(async (tx) => {
          const entry = await enter(device, origin, tx);
          const who = accountSubject(entry.account.id);
          const details = { sessionId: entry.sessionId, opened: entry.isNew };
          await done(tx, { actor: who, subject: who, details });
          return entry;
        }),
      );
      await capSessions(entered.account, origin.traceparent);
      return entered;
    });
  };

  /** A device that is not known opens an account, which is limited more strictly. */
  async function countEntry(known: Account | undefined, address: string | null): Promise<void> {
    if (!known) return await countNewAccount(address);
    await countNewSession.from(address);
    await countNewSession.of(known.id);
  }

  async function again<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (attempt >= ATTEMPTS || !isCollision(error)) throw error;
      }
    }
  }

  async function enter(device: string, origin: RequestOrigin, tx: Transaction): Promise<GuestEntry> {
    const now = clock();
    const known = await guestOf(device, tx.session);
    const guest = known ?? openGuest(now);
    const account: Account = { ...guest, lastLoginAt: now };
    if (known) {
      // Writing to it keeps a ban, a deletion or an upgrade from slipping in between.
      await accounts.update(account, tx.session);
    } else {
      await accounts.insert(account, tx.session);
      await devices.assign(device, account.id, tx.session);
      tx.emit(accountRegistered(account, { traceparent: origin.traceparent }));
    }
    const { session, refreshToken } = issuer.open(account, origin, now);
    await sessions.insertAll([session], tx.session);
    const tokens = issuer.tokensFor(account, refreshToken, now);
    return { account, tokens, sessionId: session.id, isNew: !known };
  }

  async function guestOf(device: string, session?: ClientSession): Promise<Account | undefined> {
    const accountId = await devices.findAccountId(device, session);
    const account = accountId === undefined ? undefined : await accounts.find(accountId, session);
    if (!account || account.status === 'deleted') return undefined;
    if (!account.guest)
      throw refusal('device_upgraded', 'Log in with the name and the password of the account');
    if (account.status === 'banned') throw refusal('account_banned');
    return account;
  }

  function openGuest(now: Date): Account {
    const id = newId('acc');
    return openAccount({ id, username: guestNameOf(id), passwordHash: null }, now);
  }
}

/** Another account has the name that was made for the guest, or the device came twice at the same moment. */
function isCollision(error: unknown): boolean {
  return isDuplicateKey(error) || (error instanceof DomainError && error.code === 'username_taken');
}
