export { connectMongo, type MongoConnection, type MongoOptions } from './connect-mongo.ts';
export { createGroupCommit, type GroupCommit, type GroupCommitOptions } from './group-commit.ts';
export {
  createIdempotencyKeys,
  type IdempotencyKeysOptions,
  type StoredIdempotencyKeys,
} from './idempotency-keys.ts';
export { isDuplicateKey, isStoreUnavailable, StoreTimeoutError } from './mongo-errors.ts';
export { createQueueHead, type QueueHead, type QueueHeadOptions } from './queue-head.ts';
export { takeApart, type TakeApartOptions } from './take-apart.ts';
export {
  createTransact,
  type Transact,
  type TransactOptions,
  type Transaction,
  type TransactionalOutbox,
} from './transact.ts';
