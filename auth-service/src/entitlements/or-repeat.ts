import { MongoError, MongoErrorLabel } from 'mongodb';
import { isDuplicateKey } from 'service-kit/mongo';

/**
 * For what a transaction writes under a key that it has read to be free. A duplicate then means that another
 * instance was faster; the transaction is run again, as after any write conflict, and reads what is there. Never
 * for a key that is not read first: that transaction would be run again for nothing.
 */
export async function orRepeat<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof MongoError && isDuplicateKey(error))
      error.addErrorLabel(MongoErrorLabel.TransientTransactionError);
    throw error;
  }
}
