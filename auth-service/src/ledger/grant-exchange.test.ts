import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AccountStatus } from '../accounts/account.ts';
import { type GrantDecision, type GrantQuestion } from './grant.ts';
import { decideGrants, type Decided } from './grant-decision.ts';
import { balanceId, type Balance, type LedgerEntry } from './ledger.ts';

const now = new Date('2026-12-01T00:00:00Z');
const statuses = new Map<string, AccountStatus>([
  ['acc_1', 'active'],
  ['acc_banned', 'banned'],
]);

/** Does to the ledger what the stores do with the decisions. */
function books() {
  const decisions = new Map<string, GrantDecision>();
  const balances = new Map<string, Balance>();
  const ledger: LedgerEntry[] = [];
  const heard = new Map<string, Decided['answers'][number]['decision'][]>();
  return {
    decisions,
    balances,
    ledger,
    heard,
    deliver: (batch: readonly GrantQuestion[]): void => {
      const none = { revokeDecisions: new Map(), entries: new Map() };
      const rules = { allowNegativeBalance: false };
      const decided = decideGrants(batch, { ...none, decisions, statuses, balances }, rules, now);
      for (const decision of decided.newDecisions) {
        expect(decisions.has(decision.grantId)).toBe(false);
        decisions.set(decision.grantId, decision);
      }
      ledger.push(...decided.newEntries);
      for (const balance of decided.changedBalances) balances.set(balanceId(balance), balance);
      for (const { decision } of decided.answers)
        heard.set(decision.grantId, [...(heard.get(decision.grantId) ?? []), decision]);
    },
  };
}

const GRANTS = 6;
function questionAbout(grant: number, asks: 'grant' | 'cancel'): GrantQuestion {
  const about = {
    messageId: 'm1',
    grantId: `clm_${grant}.1`,
    claimId: `clm_${grant}`,
    accountId: grant % 3 === 0 ? 'acc_banned' : 'acc_1',
  };
  return asks === 'cancel'
    ? { ...about, asks }
    : { ...about, asks, reward: { kind: 'currency', asset: 'gold', quantity: 10 ** grant } };
}

/** `reward.requested` and `reward.cancelled` in any order, each any number of times, cut into any batches. */
const batches = fc.array(
  fc.array(
    fc
      .tuple(fc.nat(GRANTS - 1), fc.constantFrom<'grant' | 'cancel'>('grant', 'cancel'))
      .map(([grant, asks]) => questionAbout(grant, asks)),
    { maxLength: 10 },
  ),
  { maxLength: 10 },
);

it('whatever the order, repetition and batching: the first message decides, and all hear the same', () => {
  fc.assert(
    fc.property(batches, (delivered) => {
      const { deliver, decisions, balances, ledger, heard } = books();
      for (const batch of delivered) deliver(batch);

      for (const [grantId, answers] of heard) {
        const [first, ...others] = delivered.flat().filter((question) => question.grantId === grantId);
        const isGranted = first?.asks === 'grant' && first.accountId === 'acc_1';
        expect(decisions.get(grantId)?.outcome).toBe(isGranted ? 'granted' : 'refused');
        expect(answers).toEqual([first, ...others].map(() => decisions.get(grantId)));
        expect(ledger.filter((entry) => entry.grantId === grantId)).toHaveLength(isGranted ? 1 : 0);
      }
      const sum = ledger.reduce((total, { quantity }) => total + quantity, 0);
      expect(balances.get('acc_1/currency/gold')?.quantity ?? 0).toBe(sum);
      expect(balances.has('acc_banned/currency/gold')).toBe(false);
      ledger.forEach((entry, index) => expect(entry.sequence).toBe(index + 1));
    }),
    { numRuns: 500 },
  );
});

it('delivering everything once more, in another order, changes nothing', () => {
  fc.assert(
    fc.property(batches, fc.infiniteStream(fc.nat()), (delivered, order) => {
      const { deliver, decisions, balances, ledger } = books();
      for (const batch of delivered) deliver(batch);
      const before = structuredClone({ decisions, balances, ledger });
      const again = delivered.flat().map((question) => ({ question, place: Number(order.next().value) }));
      deliver(again.toSorted((a, b) => a.place - b.place).map(({ question }) => question));
      expect({ decisions, balances, ledger }).toEqual(before);
    }),
  );
});
