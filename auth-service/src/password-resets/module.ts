import type { Module, Platform } from 'service-kit/service';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Audit } from '../audit/audit.ts';
import type { Limits } from '../limits/limits.ts';
import type { PasswordsModule } from '../passwords/module.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import { offerPasswordReset } from './offer-password-reset.ts';
import { passwordResetRoutes } from './password-reset-routes.ts';
import {
  createPasswordResetStore,
  passwordResetIndexes,
  type PasswordResetStore,
} from './password-reset-store.ts';
import { resetPassword } from './reset-password.ts';

export interface PasswordResetsModule extends Module {
  passwordResets: PasswordResetStore;
}

export interface PasswordResetsNeeds {
  audit: Audit;
  accounts: AccountStore;
  passwords: PasswordsModule;
  limits: Limits;
  endSessions: EndSessions;
}

/** Password resets: an operator offers a token, and the player uses it up. */
export function createPasswordResets(platform: Platform, needs: PasswordResetsNeeds): PasswordResetsModule {
  const { db, transact, clock, newId } = platform;
  const { accounts, endSessions } = needs;
  const { audited } = needs.audit;
  const { hasher, assertHardToGuess } = needs.passwords;
  const { countNewPassword } = needs.limits;
  const passwordResets = createPasswordResetStore(db);
  return {
    passwordResets,
    endpoints: passwordResetRoutes({
      offerPasswordReset: offerPasswordReset({
        accounts,
        passwordResets,
        audited,
        transact,
        newId,
        clock,
      }),
      resetPassword: resetPassword({
        accounts,
        passwordResets,
        endSessions,
        hasher,
        countNewPassword,
        assertHardToGuess,
        audited,
        transact,
        clock,
      }),
    }),
    indexes: passwordResetIndexes,
  };
}
