import {
  MongoError,
  MongoErrorLabel,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';

/** Thrown by {@link createTransact} when a transaction could not be completed in its time. */
export class StoreTimeoutError extends Error {
  override readonly name = 'StoreTimeoutError';
}

/** True for a write that met a unique index (server code 11000), also inside a bulk write. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11_000;
}

// A primary that has lost its majority answers reads with this, when they have a time limit.
const MAX_TIME_EXPIRED = 50;

/**
 * True when the failure says nothing about the work itself: the store was away, was stepping down, or other
 * writers were faster. The same work may succeed later, so it must neither be dropped nor counted against.
 * Labels as in the driver specifications "transactions" and "retryable writes".
 */
export function isStoreUnavailable(error: unknown): boolean {
  if (error instanceof StoreTimeoutError) return true;
  if (!(error instanceof MongoError)) return false;
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError ||
    error.code === MAX_TIME_EXPIRED ||
    error.hasErrorLabel(MongoErrorLabel.TransientTransactionError) ||
    error.hasErrorLabel(MongoErrorLabel.UnknownTransactionCommitResult) ||
    error.hasErrorLabel(MongoErrorLabel.RetryableWriteError)
  );
}
