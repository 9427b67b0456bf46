import type { CreationPosition } from 'service-kit/http';
import type { ClientSession, Db, Filter, FindCursor, WithId } from 'mongodb';
import type { Role } from 'service-kit/identity';
import { isDuplicateKey } from 'service-kit/mongo';
import { unique, type IndexSpec } from 'service-kit/service';
import { NEWEST_FIRST, olderThan } from '../database/newest-first.ts';
import { singleBatch } from '../database/single-batch.ts';
import { refusal } from '../http/refusal.ts';
import {
  searchKeysOf,
  type Account,
  type AccountStatus,
  type SessionsEnded,
  type TokenHolder,
} from './account.ts';
import { foldCase } from '../http/fold-case.ts';

type AccountDocument = Omit<Account, 'id' | 'roles'> & {
  _id: string;
  roles: Role[];
  /** The username without regard to case; unique. */
  usernameKey: string;
  searchKeys: string[];
  writes?: number;
};

/** Which accounts a list shows, newest first. */
export interface AccountFilter {
  role?: Role | undefined;
  status?: AccountStatus | undefined;
  /** Beginning of a username or display name, without regard to case. */
  namePrefix?: string | undefined;
}

export interface AccountStore {
  /** @throws refusal `username_taken` */
  insert(account: Account, session: ClientSession): Promise<void>;
  /**
   * Replaces the account. The same transaction must have read it, so that a change in between conflicts instead of
   * being lost.
   *
   * @throws refusal `username_taken`
   */
  update(account: Account, session: ClientSession): Promise<void>;
  find(id: string, session?: ClientSession): Promise<Account | undefined>;
  findByUsername(username: string): Promise<Account | undefined>;
  /** Those among these ids that exist, in no order. */
  findAll(ids: readonly string[]): Promise<Account[]>;
  /** The same, with only the fields that an access token shows. */
  tokenHoldersOf(ids: readonly string[]): Promise<TokenHolder[]>;
  list(filter: AccountFilter, after: CreationPosition | undefined, limit: number): Promise<Account[]>;
  /** Status of each of these accounts that exists. */
  statusesOf(ids: readonly string[], session: ClientSession): Promise<Map<string, AccountStatus>>;
  /**
   * Marks logins, where the account is still active with the password that was checked. It writes to the accounts, so
   * that a ban or another password cannot slip in between: one of the two transactions sees the other.
   *
   * @returns for each login its account as it is now; undefined where nothing was marked
   */
  recordLogins(
    logins: readonly { account: Account; at: Date }[],
    session: ClientSession,
  ): Promise<(Account | undefined)[]>;
  /**
   * Gives an account another password, which ends its sessions and tokens.
   *
   * @returns undefined when the password is not the one that was checked any more
   */
  changePassword(
    account: Account,
    passwordHash: string,
    session: ClientSession,
  ): Promise<SessionsEnded | undefined>;
  /**
   * Ends all sessions and tokens of an account.
   *
   * @returns undefined when there is no such account
   */
  endSessions(id: string, session: ClientSession): Promise<SessionsEnded | undefined>;
  /** Ids of accounts whose ban is over by its end, the longest over first. */
  dueBanEnds(now: Date, limit: number): Promise<string[]>;
  /** Ids of accounts that were deleted up to a time and not erased yet, the longest deleted first. */
  dueErasures(deletedUpTo: Date, limit: number): Promise<string[]>;
  hasAdmin(): Promise<boolean>;
  /**
   * Whether another active account is ADMIN. Two transactions that ask this never both commit, because each could
   * be about to remove the ADMIN that the other relies on.
   */
  hasOtherAdmin(id: string, session: ClientSession): Promise<boolean>;
}

const ADMIN_GUARD = 'admins';
/** Of a date that may be null: only where there is one, which is what its index holds. */
const SET = { $gt: new Date(0) };

export const accountIndexes: IndexSpec[] = [
  {
    collection: 'accounts',
    indexes: [
      { key: { usernameKey: 1 }, unique: true },
      { key: { searchKeys: 1 } },
      { key: { createdAt: -1, _id: -1 } },
      { key: { status: 1, createdAt: -1, _id: -1 } },
      { key: { roles: 1, createdAt: -1, _id: -1 } },
      { key: { bannedUntil: 1 }, partialFilterExpression: { bannedUntil: SET } },
      { key: { 'deletion.at': 1 }, partialFilterExpression: { 'deletion.at': SET } },
    ],
  },
  { collection: 'accountGuards', indexes: [] },
];

export function createAccountStore(db: Db): AccountStore {
  const accounts = db.collection<AccountDocument>('accounts');
  const guards = db.collection<{ _id: string; turn: number }>('accountGuards');

  return {
    insert: async (account, session) => {
      await accounts.insertOne(documentOf(account), { session }).catch(nameTaken);
    },
    update: async (account, session) => {
      const { _id, ...fields } = documentOf(account);
      await accounts.updateOne({ _id }, { $set: fields, ...COUNTED }, { session }).catch(nameTaken);
    },
    find: async (id, session) => accountOf(await accounts.findOne({ _id: id }, { session })),
    findByUsername: async (username) =>
      accountOf(await accounts.findOne({ usernameKey: foldCase(username) })),
    findAll: async (ids) => {
      const found = await accounts.find({ _id: { $in: [...ids] } }).toArray();
      return found.map(toAccount);
    },
    tokenHoldersOf: async (ids) => {
      const found = await accounts.find({ _id: { $in: [...ids] } }, { projection: TOKEN_HOLDER }).toArray();
      return found.map(toTokenHolder);
    },
    list: async (filter, after, limit) => {
      const found = await accounts
        .find(
          {
            $and: [filterOf(filter), olderThan<AccountDocument>(after)],
          },
          { sort: NEWEST_FIRST, limit },
        )
        .toArray();
      return found.map(toAccount);
    },
    statusesOf: async (ids, session) => {
      const found = await accounts
        .find({ _id: { $in: [...ids] } }, { ...singleBatch(ids, session), projection: { status: 1 } })
        .toArray();
      return new Map(found.map(({ _id, status }) => [_id, status]));
    },
    recordLogins: async (logins, session) => {
      const ids = unique(logins.map(({ account }) => account.id));
      const active = accounts.find({ _id: { $in: ids }, status: 'active' }, { session, hint: { _id: 1 } });
      const found = new Map((await active.toArray()).map((document) => [document._id, toAccount(document)]));
      const marked = logins.map(({ account, at }) => {
        const now = found.get(account.id);
        return now?.passwordHash === account.passwordHash ? { ...now, lastLoginAt: at } : undefined;
      });
      const [last] = logins.map(({ at }) => at).toSorted((a, b) => b.getTime() - a.getTime());
      const update = { $set: { lastLoginAt: last ?? null }, ...COUNTED };
      const theirs = { _id: { $in: marked.flatMap((account) => account?.id ?? []) } };
      await accounts.updateMany(theirs, update, { session });
      return marked;
    },
    changePassword: async (account, passwordHash, session) => {
      const filter = { _id: account.id, status: 'active', passwordHash: account.passwordHash } as const;
      const update = { $set: { passwordHash }, $inc: { ...SESSIONS_ENDED, credentialVersion: 1 } };
      return endedIn(await accounts.findOneAndUpdate(filter, update, { ...AFTER, session }));
    },
    endSessions: async (id, session) =>
      endedIn(await accounts.findOneAndUpdate({ _id: id }, { $inc: SESSIONS_ENDED }, { ...AFTER, session })),
    dueBanEnds: (now, limit) =>
      idsIn(
        accounts.find({ status: 'banned', bannedUntil: { ...SET, $lte: now } }).sort({ bannedUntil: 1 }),
        limit,
      ),
    dueErasures: (deletedUpTo, limit) =>
      idsIn(
        accounts.find({ 'deletion.at': { ...SET, $lte: deletedUpTo } }).sort({ 'deletion.at': 1 }),
        limit,
      ),
    hasAdmin: async () => (await accounts.findOne({ roles: 'ADMIN' }, { projection: { _id: 1 } })) !== null,
    hasOtherAdmin: async (id, session) => {
      await guards.updateOne({ _id: ADMIN_GUARD }, { $inc: { turn: 1 } }, { session, upsert: true });
      const filter = { _id: { $ne: id }, roles: 'ADMIN', status: 'active' } as const;
      return (await accounts.findOne(filter, { session, projection: { _id: 1 } })) !== null;
    },
  };
}

function filterOf({ role, status, namePrefix }: AccountFilter): Filter<AccountDocument> {
  return {
    ...(role && { roles: role }),
    ...(status && { status }),
    ...(namePrefix && { searchKeys: { $elemMatch: startingWith(foldCase(namePrefix)) } }),
  };
}

/** A range instead of a pattern: nothing to escape, and exactly the part of the index that matches. */
const startingWith = (prefix: string): { $gte: string; $lt: string } => ({
  $gte: prefix,
  $lt: `${prefix}\u{10FFFF}`,
});

function documentOf({ id, roles, ...account }: Account): AccountDocument {
  return {
    _id: id,
    ...account,
    roles: [...roles],
    usernameKey: foldCase(account.username),
    searchKeys: searchKeysOf(account),
  };
}

async function idsIn(found: FindCursor<WithId<AccountDocument>>, limit: number): Promise<string[]> {
  return await found
    .limit(limit)
    .project<{ _id: string }>({ _id: 1 })
    .map(({ _id }) => _id)
    .toArray();
}

function accountOf(document: WithId<AccountDocument> | null): Account | undefined {
  return document ? toAccount(document) : undefined;
}

function toAccount(document: WithId<AccountDocument>): Account {
  const { _id, usernameKey: _key, searchKeys: _keys, writes: _writes, ...account } = document;
  return { id: _id, ...ABSENT, ...account };
}

const TOKEN_HOLDER = { roles: 1, status: 1, tokenVersion: 1, sessionEpoch: 1 } as const;

function toTokenHolder(document: WithId<AccountDocument>): TokenHolder {
  const { _id, roles, status, tokenVersion, sessionEpoch } = { ...ABSENT, ...document };
  return { id: _id, roles, status, tokenVersion, sessionEpoch };
}

/** The effect of {@link sessionsEnded} without a read of the account. */
const SESSIONS_ENDED = { tokenVersion: 1, sessionEpoch: 1 } as const;
const AFTER = { returnDocument: 'after', projection: TOKEN_HOLDER } as const;

function endedIn(document: WithId<AccountDocument> | null): SessionsEnded | undefined {
  return document ? toTokenHolder(document) : undefined;
}

/** Part of every update: one that changes no value writes nothing, and so conflicts with nothing. */
const COUNTED = { $inc: { writes: 1 } } as const;

/** Fields that accounts of earlier versions do not have. */
const ABSENT = {
  bannedUntil: null,
  guest: false,
  deletion: null,
  erasedAt: null,
  sessionEpoch: 0,
  credentialVersion: 0,
} as const;

function nameTaken(error: unknown): never {
  if (isDuplicateKey(error)) throw refusal('username_taken');
  throw error;
}
