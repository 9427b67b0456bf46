import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import type { AccountStanding } from '../../catalog/conditions/account-facts.ts';
import type { Account } from './account.ts';

interface AccountDocument extends Omit<Account, 'id'> {
  _id: string;
}

export interface AccountStore {
  findAll(ids: readonly string[], session: ClientSession): Promise<Map<string, Account>>;
  saveAll(accounts: readonly Account[], session: ClientSession): Promise<void>;
  /** What decisions need of the accounts among these ids, by id. */
  standingOf(ids: readonly string[], session?: ClientSession): Promise<Map<string, AccountStanding>>;
  find(id: string): Promise<Account | undefined>;
}

const STANDING = { status: 1, bannedUntil: 1, guest: 1, registeredAt: 1 } as const;

export const accountIndexes: IndexSpec[] = [{ collection: 'accounts', indexes: [] }];

export function createAccountStore(db: Db): AccountStore {
  const accounts = db.collection<AccountDocument>('accounts');

  return {
    findAll: async (ids, session) => {
      const found = await accounts.find({ _id: { $in: [...ids] } }, { session }).toArray();
      return new Map(found.map((document) => [document._id, fromDocument(document)]));
    },
    saveAll: async (changed, session) => {
      await accounts.bulkWrite(
        changed.map(({ id, ...fields }) => ({
          replaceOne: { filter: { _id: id }, replacement: { ...fields }, upsert: true },
        })),
        { session, ordered: false },
      );
    },
    standingOf: async (ids, session) => {
      const found = await accounts
        .find({ _id: { $in: [...ids] } }, { projection: STANDING, ...(session && { session }) })
        .toArray();
      return new Map(found.map((document) => [document._id, document]));
    },
    find: async (id) => {
      const found = await accounts.findOne({ _id: id });
      return found ? fromDocument(found) : undefined;
    },
  };
}

function fromDocument({ _id, ...fields }: AccountDocument): Account {
  return { id: _id, ...fields };
}
