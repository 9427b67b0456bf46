import { BSON } from 'mongodb';
import { eventually, type System } from './system.ts';

/** A transaction as the store has committed it. */
export interface Committed {
  /** Documents that it has written. */
  writes: number;
  /** Of what it has written, as the store's log has it. */
  bytes: number;
}

/**
 * Runs `work`, and gives the transactions of every instance that were committed meanwhile.
 *
 * @param isOver tells whether what `work` has begun is done
 */
export async function transactionsDuring(
  system: System,
  work: () => Promise<unknown>,
  isOver: () => void | Promise<void> = () => undefined,
): Promise<Committed[]> {
  const found = new Map<string, Committed>();
  const marks = system.db.collection<{ _id: string }>('testMarks');
  await marks.createIndex({ _id: 1 });
  const changes = system.db.watch([], { fullDocument: 'default' });
  let isRead = false;
  changes.on('change', (change) => {
    if ('ns' in change && 'coll' in change.ns && change.ns.coll === 'testMarks') isRead = true;
    if (!('txnNumber' in change) || !('lsid' in change)) return;
    const key = `${JSON.stringify(change.lsid)}/${String(change.txnNumber)}`;
    const committed = found.get(key) ?? { writes: 0, bytes: 0 };
    committed.writes += 1;
    committed.bytes += BSON.calculateObjectSize(change);
    found.set(key, committed);
  });
  try {
    // The stream is open once it has shown a first change.
    await eventually(async () => {
      await marks.insertOne({ _id: `begin-${performance.now()}` });
      if (!isRead) throw new Error('the stream of changes has not begun');
    });
    found.clear();
    await work();
    await eventually(isOver);
    isRead = false;
    await marks.insertOne({ _id: `end-${performance.now()}` });
    await eventually(() => {
      if (!isRead) throw new Error('the stream of changes has not ended');
    });
    return [...found.values()];
  } finally {
    await changes.close();
  }
}
