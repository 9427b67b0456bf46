export { connectMongo, type MongoConnection, type MongoOptions } from './connect-mongo.ts';
export { documentLease, type DocumentLease, type LeaseFields } from './document-lease.ts';
export { createGroupCommit, type GroupCommit, type GroupCommitOptions } from './group-commit.ts';
export {
  createIdempotencyKeys,
  type IdempotencyKeysOptions,
  type StoredIdempotencyKeys,
} from './idempotency-keys.ts';
export { keysetFilter, type KeysetOrder } from './keyset-filter.ts';
export { createLease, LeaseTakenError, type Lease, type LeaseDocument, type LeaseOptions } from './lease.ts';
export { isDuplicateKey, isStoreUnavailable, StoreTimeoutError } from './mongo-errors.ts';
export { bisect, type BisectOptions } from './bisect.ts';
export {
  createTransact,
  type Transact,
  type TransactOptions,
  type TransactionOptions,
  type Transaction,
  type TransactionalOutbox,
} from './transact.ts';
