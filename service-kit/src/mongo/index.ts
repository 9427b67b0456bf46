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
// Only until game-event-service no longer uses it; the outbox is its owner.
// oxlint-disable-next-line eslint/no-restricted-imports
export { createQueueHead, type QueueHead, type QueueHeadOptions } from '../messaging/queue-head.ts';
export { bisect, type BisectOptions } from './bisect.ts';
export {
  createTransact,
  type Transact,
  type TransactOptions,
  type TransactionOptions,
  type Transaction,
  type TransactionalOutbox,
} from './transact.ts';
