import { describe, expect, it } from 'vitest';
import { claimsAnswered } from './claims-answered.ts';
import { claimsMatchDecisions } from './claims-match-decisions.ts';
import { aClaim, aDecision, anAttempt, anEntry, aRecord, aState } from './example-rows.ts';
import { grantedOnce } from './granted-once.ts';
import { statesStayFinal } from './states-stay-final.ts';
import type { Verdict } from './verdict.ts';

const whats = ({ breaches }: Verdict): string[] => breaches.map(({ what }) => what);

describe('I1', () => {
  it('holds when every claim that was answered is there, and the others may be', () => {
    expect(whats(claimsAnswered([aRecord()], aState()))).toEqual([]);
    expect(whats(claimsAnswered([aRecord({ seen: new Set(), unknown: 1 })], aState()))).toEqual([]);
    const nothing = aRecord({ seen: new Set(), unknown: 1 });
    expect(whats(claimsAnswered([nothing], aState({ claims: [] })))).toEqual([]);
  });

  it('is broken by an answered claim that is not there', () => {
    expect(whats(claimsAnswered([aRecord()], aState({ claims: [] })))).toEqual([
      'claim clm_1 was answered and is not there',
    ]);
  });

  it('is broken by a claim after nothing but refusals, unless the ledger refused it', () => {
    const refused = aRecord({ seen: new Set(), refusals: new Set(['out_of_stock']) });
    expect(whats(claimsAnswered([refused], aState()))).toEqual([
      'a claim is there of which every answer said no',
    ]);
    const rejected = aState({ claims: [aClaim({ status: 'rejected' })] });
    expect(whats(claimsAnswered([refused], rejected))).toEqual([]);
  });

  it('is broken by a claim that nobody asked for', () => {
    expect(whats(claimsAnswered([], aState()))).toEqual(['a claim is there that nobody asked for']);
  });
});

describe('I2', () => {
  it('holds when a refused attempt is followed by a granted one', () => {
    const decisions = [aDecision({ outcome: 'refused' }), aDecision({ _id: 'clm_1.2' })];
    expect(whats(grantedOnce(aState({ decisions })))).toEqual([]);
  });

  it('is broken by two entries for one grant', () => {
    const ledger = [anEntry(), anEntry({ _id: 'led_2' })];
    expect(whats(grantedOnce(aState({ ledger })))).toEqual(['2 ledger entries for the grant of clm_1.1']);
  });

  it('is broken by two decisions about one grant, whatever their ids', () => {
    const decisions = [aDecision(), aDecision({ _id: 'other', grantId: 'clm_1.1' })];
    expect(whats(grantedOnce(aState({ decisions })))).toEqual(['2 decisions about clm_1.1']);
  });

  it('is broken by two granted attempts of one claim, and by two claims for one key', () => {
    const decisions = [aDecision(), aDecision({ _id: 'clm_1.2' })];
    expect(whats(grantedOnce(aState({ decisions })))).toEqual(['2 granted attempts of clm_1']);
    const claims = [aClaim(), aClaim({ _id: 'clm_2' })];
    expect(whats(grantedOnce(aState({ claims })))).toEqual(['2 claims for evt_1 rwd_1 acc_1 once']);
  });
});

describe('I6', () => {
  it('holds for a granted claim and for a refused one', () => {
    expect(whats(claimsMatchDecisions(aState()))).toEqual([]);
    const refused = aState({
      claims: [aClaim({ status: 'rejected', reason: 'cancelled' })],
      decisions: [aDecision({ outcome: 'refused', code: 'cancelled' })],
      ledger: [],
    });
    expect(whats(claimsMatchDecisions(refused))).toEqual([]);
  });

  it('holds for a revoked claim whose grant was reversed, and is broken by one without the other', () => {
    const reversal = anEntry({ _id: 'led_2', kind: 'reversal', quantity: -7, balanceAfter: 0, sequence: 2 });
    const revoked = [aClaim({ status: 'revoked' })];
    const ledger = [anEntry(), reversal];
    expect(whats(claimsMatchDecisions(aState({ claims: revoked, ledger })))).toEqual([]);
    expect(whats(claimsMatchDecisions(aState({ claims: revoked })))).toEqual([
      'claim clm_1 is revoked and its grant was not reversed',
    ]);
    expect(whats(claimsMatchDecisions(aState({ ledger })))).toEqual([
      'claim clm_1 is granted and its grant was reversed',
    ]);
  });

  it('is broken by a claim that is not what was decided', () => {
    const claims = [aClaim({ status: 'rejected', reason: 'cancelled' })];
    expect(whats(claimsMatchDecisions(aState({ claims })))).toEqual([
      'claim clm_1 is rejected and was granted',
    ]);
    expect(whats(claimsMatchDecisions(aState({ decisions: [] })))).toEqual([
      'claim clm_1 is granted and was never decided',
      'the ledger grants clm_1.1, which was not decided',
    ]);
  });

  it('is broken by a grant without a claim, and by one of an attempt that was given up', () => {
    expect(whats(claimsMatchDecisions(aState({ claims: [] })))).toEqual(['clm_1.1 was granted for no claim']);
    const again = aState({
      claims: [aClaim({ attempt: 2, grantId: 'clm_1.2', ledgerEntryId: 'led_2' })],
      decisions: [aDecision(), aDecision({ _id: 'clm_1.2', ledgerEntryId: 'led_2' })],
      ledger: [anEntry(), anEntry({ _id: 'led_2', grantId: 'clm_1.2' })],
    });
    expect(whats(claimsMatchDecisions(again))).toEqual([
      'clm_1.1 was granted for an attempt that was given up',
    ]);
  });

  it('is broken by a grant that the ledger does not hold', () => {
    expect(whats(claimsMatchDecisions(aState({ ledger: [] })))).toContain(
      'clm_1.1 was granted and is not in the ledger',
    );
  });
});

describe('I7', () => {
  const check = (statuses: string[][], sightings: [string, string[]][] = []): string[] => {
    const attempts = statuses.map((each, index) => anAttempt({ attempt: index + 1, statuses: each }));
    const seen = new Map(sightings.map(([attempt, states]) => [attempt, new Set(states)]));
    return whats(statesStayFinal(new Map([['clm_1', attempts]]), [], seen));
  };

  it('holds for a claim that is refused, tried again, granted and revoked', () => {
    expect(
      check([
        ['pending', 'rejected'],
        ['pending', 'granted', 'revoking', 'granted', 'revoking', 'revoked'],
      ]),
    ).toEqual([]);
  });

  it.each([
    [[['pending', 'granted', 'rejected']]],
    [[['pending', 'rejected', 'granted']]],
    [[['pending', 'granted', 'pending']]],
    [
      [
        ['pending', 'granted'],
        ['pending', 'granted'],
      ],
    ],
    [[['granted']]],
  ])('is broken by %j', (statuses) => {
    expect(check(statuses)).toEqual(['claim clm_1 changed in a forbidden way']);
  });

  it('is broken when clients were shown two ends of one attempt', () => {
    const shown: [string, string[]][] = [['clm_1.1', ['pending', 'granted led_1', 'rejected']]];
    expect(check([['pending', 'granted']], shown)).toEqual(['attempt clm_1.1 was shown with different ends']);
  });

  it('holds when clients were shown that a grant was taken back', () => {
    const shown: [string, string[]][] = [['clm_1.1', ['granted led_1', 'revoking led_1', 'revoked led_1']]];
    expect(check([['pending', 'granted', 'revoking', 'revoked']], shown)).toEqual([]);
  });

  it('is broken by a claim that is removed', () => {
    expect(whats(statesStayFinal(new Map(), ['clm_1'], new Map()))).toEqual(['claim clm_1 was removed']);
  });
});
