import type { KeyObject } from 'node:crypto';
import type { Module, Platform } from 'service-kit/service';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Audit } from '../audit/audit.ts';
import type { Limits } from '../limits/limits.ts';
import type { PasswordsModule } from '../passwords/module.ts';
import type { SessionsModule } from '../sessions/module.ts';
import { createDeviceStore, deviceIndexes, type DeviceStore } from './device-store.ts';
import { createDeviceKeys } from './device.ts';
import { enterAsGuest } from './enter-as-guest.ts';
import { guestRoutes } from './guest-routes.ts';
import { upgradeGuest } from './upgrade-guest.ts';

export interface GuestsModule extends Module {
  devices: DeviceStore;
}

export interface GuestsNeeds {
  audit: Audit;
  accounts: AccountStore;
  passwords: PasswordsModule;
  limits: Limits;
  sessions: SessionsModule;
  /** Under which the ids of devices are hashed. */
  deviceKey: KeyObject;
}

/** Guests, whose device is all that they sign in with, until they take a name and a password. */
export function createGuests(platform: Platform, needs: GuestsNeeds): GuestsModule {
  const { db, transact, clock, newId } = platform;
  const { accounts, deviceKey } = needs;
  const { audited } = needs.audit;
  const { hasher, assertHardToGuess } = needs.passwords;
  const { countNewAccount, countNewSession } = needs.limits;
  const { sessions, issuer, capSessions, endSessions } = needs.sessions;
  const devices = createDeviceStore(db);
  return {
    devices,
    endpoints: guestRoutes({
      enterAsGuest: enterAsGuest({
        accounts,
        devices,
        deviceKeyOf: createDeviceKeys(deviceKey),
        sessions,
        issuer,
        countNewAccount,
        countNewSession,
        capSessions,
        audited,
        transact,
        newId,
        clock,
      }),
      upgradeGuest: upgradeGuest({
        accounts,
        sessions,
        endSessions,
        issuer,
        hasher,
        countNewAccount,
        assertHardToGuess,
        audited,
        transact,
        clock,
      }),
    }),
    indexes: deviceIndexes,
  };
}
