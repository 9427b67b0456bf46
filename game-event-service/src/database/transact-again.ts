import type { OutgoingMessage } from 'service-kit/messaging';
import { isDuplicateKey, type Transact } from 'service-kit/mongo';

const MOST_TRIES = 3;

/**
 * A transaction that is run again when it met a duplicate key: it had read that a document was not there, and
 * another instance has made it since. The next run reads it.
 */
export function transactAgain(transact: Transact<OutgoingMessage>): Transact<OutgoingMessage> {
  return async (work) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await transact(work);
      } catch (error) {
        if (!isDuplicateKey(error) || tries === MOST_TRIES) throw error;
      }
    }
  };
}
