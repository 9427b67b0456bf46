import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideStock, takeFromShares, type StockShare } from './stock.ts';

const IDS = Array.from({ length: 16 }, (_, index) => `share_${index}`);

const leftOf = ({ total, taken }: StockShare): number => (total ?? Infinity) - taken;
const sum = (counts: Iterable<number>): number => [...counts].reduce((all, each) => all + each, 0);
const leftIn = (shares: readonly StockShare[]): number => sum(shares.map(leftOf));
const takenOf = (shares: readonly StockShare[]): number => sum(shares.map(({ taken }) => taken));

/** As the store writes it. */
function taking(shares: readonly StockShare[], count: number, start: number): StockShare[] {
  const units = new Map(takeFromShares(shares, count, start));
  return shares.map((share) => Object.assign({}, share, { taken: share.taken + (units.get(share.id) ?? 0) }));
}

function tryTaking(shares: readonly StockShare[], count: number, start: number): StockShare[] | undefined {
  try {
    return taking(shares, count, start);
  } catch {
    return undefined;
  }
}

describe('divideStock', () => {
  it('gives a small stock one share, a large or unlimited one as many as there may be', () => {
    expect(divideStock(IDS, [], 39)).toEqual([{ id: 'share_0', total: 39, taken: 0 }]);
    expect(divideStock(IDS, [], 0)).toEqual([{ id: 'share_0', total: 0, taken: 0 }]);
    expect(divideStock(IDS, [], 41).map(({ total }) => total)).toEqual([21, 20]);
    expect(divideStock(IDS, [], 1_000_000)).toHaveLength(16);
    const unlimited = divideStock(IDS, [], null);
    expect(unlimited).toHaveLength(16);
    expect(unlimited.every(({ total, taken }) => total === null && taken === 0)).toBe(true);
  });

  it('keeps what is taken where it is, divides all that is left, and never leaves less than nothing', () => {
    fc.assert(
      fc.property(
        fc.option(fc.nat(2_000), { nil: null }),
        fc.array(fc.tuple(fc.nat(60), fc.nat(15)), { maxLength: 20 }),
        fc.nat(30),
        fc.option(fc.nat(2_000), { nil: null }),
        (before, takes, givenBack, more) => {
          let shares = divideStock(IDS, [], before);
          for (const [count, start] of takes) {
            if (count <= leftIn(shares)) shares = taking(shares, count, start % shares.length);
          }
          const [first, ...others] = shares;
          if (!first) throw new Error('no share');
          shares = [{ ...first, taken: first.taken - Math.min(givenBack, takenOf(shares)) }, ...others];

          const taken = takenOf(shares);
          const after = more === null ? null : taken + more;
          const divided = divideStock(IDS, shares, after);
          expect(takenOf(divided)).toBe(taken);
          expect(leftIn(divided)).toBe(after === null ? Infinity : more);
          expect(Math.min(...divided.map(leftOf))).toBeGreaterThanOrEqual(0);
          expect(divided.slice(0, shares.length).map(({ taken: here }) => here)).toEqual(
            shares.map(({ taken: here }) => here),
          );
        },
      ),
    );
  });
});

describe('takeFromShares', () => {
  it('takes from the share that is asked first, and from others only what is missing', () => {
    const shares = divideStock(IDS, [], 100);
    expect(takeFromShares(shares, 20, 3)).toEqual([['share_3', 20]]);
    expect(takeFromShares(shares, 45, 3)).toEqual([
      ['share_3', 20],
      ['share_4', 20],
      ['share_0', 5],
    ]);
  });

  it('finds every unit that is left, wherever it is, and none besides', () => {
    fc.assert(
      fc.property(
        fc.nat(500),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(15))),
        (total, takes) => {
          let shares = divideStock(IDS, [], total);
          let left = total;
          for (const [count, start] of takes) {
            const after = tryTaking(shares, count, start % shares.length);
            expect(after !== undefined).toBe(count <= left);
            shares = after ?? shares;
            left -= after ? count : 0;
            expect(leftIn(shares)).toBe(left);
            expect(Math.min(...shares.map(leftOf))).toBeGreaterThanOrEqual(0);
          }
        },
      ),
    );
  });
});
