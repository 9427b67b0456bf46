import {
  MongoClientClosedError,
  MongoError,
  MongoErrorLabel,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerClosedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';

/** Thrown by {@link createTransact} when a transaction could not be completed in its time. */
export class StoreTimeoutError extends Error {
  override readonly name = 'StoreTimeoutError';
}

/** True for a write that met a unique index (server code 11000), also inside a bulk write. */
export function isDuplicateKey(error: unknown): error is MongoServerError {
  return error instanceof MongoServerError && error.code === 11_000;
}

/**
 * What a server says that is going, coming, or no longer the primary: the retryable errors of the driver
 * specification "retryable reads". The driver puts no label on reads and bulk writes that failed twice.
 */
const UNAVAILABLE_CODES: ReadonlySet<number | string | undefined> = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  89, // NetworkTimeout
  91, // ShutdownInProgress
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  262, // ExceededTimeLimit
  9_001, // SocketException
  10_107, // NotWritablePrimary
  11_600, // InterruptedAtShutdown
  11_602, // InterruptedDueToReplStateChange
  13_435, // NotPrimaryNoSecondaryOk
  13_436, // NotPrimaryOrSecondary
  // A primary that has lost its majority answers reads with this, when they have a time limit.
  50, // MaxTimeMSExpired
]);

/** What a socket says that broke while it was written to: the driver passes it on as it came, and does not try again. */
const SOCKET_CODES: ReadonlySet<unknown> = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT']);

const isBrokenSocket = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && 'code' in error && SOCKET_CODES.has(error.code);

const isLinearizableFailure = (error: MongoError): boolean =>
  error instanceof MongoServerError && error.codeName === 'LinearizableReadConcernError';

/**
 * True when the failure says nothing about the work itself: the store was away, was stepping down, or other
 * writers were faster. The same work may succeed later, so it must neither be dropped nor counted against.
 * Labels as in the driver specifications "transactions" and "retryable writes".
 */
export function isStoreUnavailable(error: unknown): boolean {
  if (error instanceof StoreTimeoutError || isBrokenSocket(error)) return true;
  if (!(error instanceof MongoError)) return false;
  // A bulk write that has lost its connection says so as if a server had.
  if (error instanceof MongoServerError && error.errorResponse instanceof Error) {
    return isStoreUnavailable(error.errorResponse);
  }
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoTopologyClosedError ||
    error instanceof MongoServerClosedError ||
    error instanceof MongoClientClosedError ||
    // The driver has no public class for it.
    error.name === 'MongoPoolClosedError' ||
    UNAVAILABLE_CODES.has(error.code) ||
    isLinearizableFailure(error) ||
    error.hasErrorLabel(MongoErrorLabel.TransientTransactionError) ||
    error.hasErrorLabel(MongoErrorLabel.UnknownTransactionCommitResult) ||
    error.hasErrorLabel(MongoErrorLabel.RetryableWriteError)
  );
}
