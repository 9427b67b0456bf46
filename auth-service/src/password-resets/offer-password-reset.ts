import type { Caller } from 'service-kit/audit';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Audited } from '../audit/audit.ts';
import type { Clock, NewId } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import type { Transact } from '../database/transact.ts';
import type { PasswordResetStore } from './password-reset-store.ts';

export interface OfferedReset {
  /** To be handed to the owner of the account; shown once. */
  token: string;
  expiresAt: Date;
}

export type OfferPasswordReset = (accountId: string, by: Caller) => Promise<OfferedReset>;

export interface OfferPasswordResetDeps {
  accounts: Pick<AccountStore, 'find'>;
  passwordResets: Pick<PasswordResetStore, 'put'>;
  audited: Audited;
  transact: Transact;
  newId: NewId;
  clock: Clock;
}

const LIFE_MS = 60 * 60 * 1_000;

/**
 * Makes a token with which the password of an account can be replaced once; an earlier one is void. So is this
 * one as soon as password, e-mail address or status of the account are changed: see `credentialVersion`.
 */
export function offerPasswordReset(deps: OfferPasswordResetDeps): OfferPasswordReset {
  const { accounts, passwordResets, audited, transact, newId, clock } = deps;

  return (accountId, by) =>
    audited({ action: 'offer-password-reset', by, accountId }, async (done) => {
      const token = newId('rst');
      const expiresAt = new Date(clock().getTime() + LIFE_MS);
      await transact(async (tx) => {
        const account = await accounts.find(accountId, tx.session);
        if (!account) throw refusal('account_not_found');
        if (account.status === 'deleted') throw refusal('account_deleted');
        if (account.guest) throw refusal('guest_account');
        const { credentialVersion } = account;
        await passwordResets.put({ accountId, token, credentialVersion, expiresAt }, tx.session);
        await done(tx);
      });
      return { token, expiresAt };
    });
}
