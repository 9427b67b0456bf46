import {
  type BulkWriteResult,
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoDriverError,
  MongoNetworkError,
  MongoServerClosedError,
  MongoServerError,
} from 'mongodb';
import { describe, expect, it } from 'vitest';
import { isStoreUnavailable, StoreTimeoutError } from './mongo-errors.ts';

const answered = (code: number, codeName = 'Some'): MongoServerError =>
  new MongoServerError({ message: codeName, code, codeName });

/** The error of driver 7.8 when the server was gone before the command was written. */
const brokenSocket = (): Error =>
  Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'write' });

describe('isStoreUnavailable', () => {
  it.each([6, 7, 50, 89, 91, 134, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436])(
    'is true of server error %i, which has no label when a read failed twice',
    (code) => {
      expect(isStoreUnavailable(answered(code))).toBe(true);
    },
  );

  it.each([answered(11_602), new MongoNetworkError('connection 17 closed'), brokenSocket()])(
    'is true of a bulk write that ended with %o',
    (reason) => {
      const error = new MongoBulkWriteError(reason, {
        getWriteErrors: () => [],
      } as unknown as BulkWriteResult);
      expect(isStoreUnavailable(error)).toBe(true);
    },
  );

  it('is true of a socket that broke during a write', () => {
    expect(isStoreUnavailable(brokenSocket())).toBe(true);
  });

  it.each([
    new MongoServerClosedError(),
    new MongoClientClosedError(),
    // The error of driver 7.8, of a private class.
    Object.defineProperty(new MongoDriverError('closed pool'), 'name', { value: 'MongoPoolClosedError' }),
  ])('is true of $name, when a server is lost between selection and command', (error) => {
    expect(isStoreUnavailable(error)).toBe(true);
  });

  it('is true of an unconfirmed read and of a transaction that took too long', () => {
    expect(isStoreUnavailable(answered(1, 'LinearizableReadConcernError'))).toBe(true);
    expect(isStoreUnavailable(new StoreTimeoutError('late'))).toBe(true);
  });

  it.each([answered(11_000), answered(2), new Error('not primary')])('is false of %o', (error) => {
    expect(isStoreUnavailable(error)).toBe(false);
  });
});
