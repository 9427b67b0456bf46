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

/** A transaction did not commit within its time limit. */
export class StoreTimeoutError extends Error {
  override readonly name = 'StoreTimeoutError';
}

/** True when a write violated a unique index (server code 11000), also inside a bulk write. */
export function isDuplicateKey(error: unknown): error is MongoServerError {
  return error instanceof MongoServerError && error.code === 11_000;
}

/**
 * Codes of a server that stops, starts, or is no longer the primary: the retryable errors of the driver specification
 * "retryable reads". The driver puts no label on reads and bulk writes that failed twice.
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
  // A primary without its majority answers reads that have a time limit with this code.
  50, // MaxTimeMSExpired
]);

/** Errors of a socket that broke during a write: the driver passes them on unchanged and does not retry. */
const SOCKET_CODES: ReadonlySet<unknown> = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT']);

const isBrokenSocket = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && 'code' in error && SOCKET_CODES.has(error.code);

const isLinearizableFailure = (error: MongoError): boolean =>
  error instanceof MongoServerError && error.codeName === 'LinearizableReadConcernError';

/**
 * True when the work itself did not cause the failure: the database was unavailable or changed its primary, or other
 * writers were faster. The same work may succeed later, so it must not be dropped or counted as failed.
 * Labels: driver specifications "transactions" and "retryable writes".
 */
export function isStoreUnavailable(error: unknown): boolean {
  if (error instanceof StoreTimeoutError || isBrokenSocket(error)) return true;
  if (!(error instanceof MongoError)) return false;
  // A bulk write wraps a lost connection in a server error.
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
