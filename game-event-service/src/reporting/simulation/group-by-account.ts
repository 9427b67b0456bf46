import type { Countable } from '../../participation/activity/count-activity.ts';
import type { Addition } from '../../participation/progress/progress-store.ts';

/** Something that an account did: an item of activity, or what this service has counted by itself. */
export type Deed = { accountId: string } & ({ item: Countable } | { counted: CountedDay });
export type CountedDay = Pick<Addition, 'counterKey' | 'day' | 'value'>;

/** The activity of one account, as far as it fits; the rest comes in the next piece. */
export interface AccountHistory {
  accountId: string;
  items: Countable[];
  counted: CountedDay[];
}

const MOST_DEEDS = 1_000;

/** Puts sources together that are each ordered by account, in memory for one piece and a deed of each source. */
export async function* groupByAccount(
  sources: readonly AsyncIterable<Deed>[],
): AsyncGenerator<AccountHistory, void, undefined> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(iterators.map(async (each) => ({ each, next: await each.next() })));
    for (;;) {
      const open = heads.filter(({ next }) => !next.done);
      const [head, ...others] = open;
      if (!head) return;
      const first = others.reduce((least, other) => (comesBefore(other, least) ? other : least), head);
      const piece = await takePiece(first);
      if (piece) yield piece;
    }
  } finally {
    await Promise.all(iterators.map(async (each) => each.return?.()));
  }
}

interface Head {
  each: AsyncIterator<Deed>;
  next: IteratorResult<Deed>;
}

const accountOf = ({ next }: Head): string => (next.done ? '' : next.value.accountId);

/** In the order of the database, which is that of the bytes. */
function comesBefore(one: Head, other: Head): boolean {
  return Buffer.compare(Buffer.from(accountOf(one)), Buffer.from(accountOf(other))) < 0;
}

async function takePiece(head: Head): Promise<AccountHistory | undefined> {
  if (head.next.done) return undefined;
  const piece: AccountHistory = { accountId: head.next.value.accountId, items: [], counted: [] };
  for (let taken = 0; taken < MOST_DEEDS; taken += 1) {
    if (head.next.done || head.next.value.accountId !== piece.accountId) break;
    const deed = head.next.value;
    if ('item' in deed) piece.items.push(deed.item);
    else piece.counted.push(deed.counted);
    head.next = await head.each.next();
  }
  return piece;
}
