import type { Module, Platform } from 'service-kit/service';
import type { AccountStore } from '../../participation/accounts/account-store.ts';
import type { ClaimAcceptance } from '../accept-claims.ts';
import type { ClaimSnapshotReader } from '../claim-snapshot-reader.ts';
import { claimPromptIndexes, type ClaimPromptStore } from './claim-prompt-store.ts';
import { makeAutoClaims } from './make-auto-claims.ts';

export interface AutoClaimsNeeds {
  prompts: ClaimPromptStore;
  snapshots: ClaimSnapshotReader;
  accounts: AccountStore;
  acceptance: ClaimAcceptance;
}

/** Claims that the service makes for accounts, as soon as their conditions are met. */
export function createAutoClaims(platform: Platform, needs: AutoClaimsNeeds): Module {
  const { transact, clock, logger } = platform;
  const { prompts, snapshots, accounts, acceptance } = needs;
  return {
    jobs: [
      {
        name: 'automatic claims',
        everyMs: 250,
        run: makeAutoClaims({ prompts, snapshots, accounts, acceptance, transact, clock, logger }),
      },
    ],
    indexes: claimPromptIndexes,
  };
}
