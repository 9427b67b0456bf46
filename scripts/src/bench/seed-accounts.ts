import type { MongoClient } from 'mongodb';
import { randomUUID } from 'node:crypto';
import { LaurelClient } from '../client/laurel-client.ts';
import { registerPlayer } from '../client/operations.ts';

export interface SeedOptions {
  /** Where one account is registered as a template. */
  url: string;
  client: MongoClient;
  count: number;
}

const BATCH = 5_000;

/** Writes accounts like one that was really registered, because hashing a password for each would take minutes. */
export async function seedAccounts({ url, client, count }: SeedOptions): Promise<string[]> {
  const { account } = await registerPlayer(new LaurelClient(url));
  const accounts = client.db('auth_db').collection<{ _id: string }>('accounts');
  const template = await accounts.findOne({ _id: account.id });
  if (!template) throw new Error('the registered account is not in the database');
  const ids = Array.from({ length: count }, () => `acc_${randomUUID()}`);
  for (let start = 0; start < count; start += BATCH) {
    await accounts.insertMany(
      ids.slice(start, start + BATCH).map((_id) => renamed({ ...template, _id }, account.username)),
      { ordered: false },
    );
  }
  return ids;
}

/** A copy whose every name is its own, because names are unique. */
function renamed<Account extends { _id: string }>(copy: Account, username: string): Account {
  const entries = Object.entries(copy).map(([key, value]) => [
    key,
    value === username ? copy._id : (value as unknown),
  ]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same fields
  return Object.fromEntries(entries) as Account;
}
