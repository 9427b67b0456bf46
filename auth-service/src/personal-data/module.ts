import type { Module, Platform } from 'service-kit/service';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Audit } from '../audit/audit.ts';
import type { DeviceStore } from '../guests/device-store.ts';
import type { EntitlementStore } from '../ledger/entitlement-store.ts';
import type { PasswordResetStore } from '../password-resets/password-reset-store.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { eraseAccounts } from './erase-accounts.ts';
import { exportData } from './export-data.ts';
import { exportRoutes } from './export-routes.ts';

export interface PersonalDataNeeds {
  audit: Audit;
  accounts: AccountStore;
  sessions: SessionStore;
  devices: DeviceStore;
  passwordResets: PasswordResetStore;
  entitlements: EntitlementStore;
  /** How long a deleted account can be restored, in milliseconds. */
  retentionMs: number;
}

/** The export and the erasure of all that the service knows of an account. */
export function createPersonalData(platform: Platform, needs: PersonalDataNeeds): Module {
  const { trail, transact, clock, logger } = platform;
  const { audit, accounts, sessions, devices, passwordResets, entitlements, retentionMs } = needs;
  const erase = eraseAccounts(
    { accounts, sessions, devices, passwordResets, audit, trail, transact, clock, logger },
    retentionMs,
  );
  return {
    endpoints: exportRoutes(exportData({ accounts, sessions, entitlements, trail, audit, clock })),
    jobs: [{ name: 'erasures', everyMs: 1_000, run: erase }],
  };
}
