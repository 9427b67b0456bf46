import { appendFile, mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import type { DeadLetter } from './dead-letter.ts';

/** Appends one line of JSON for every letter that was replayed or dropped: who, when, what and why it was dead. */
export function createAuditFile(
  path: string,
): (action: 'replay' | 'drop', queue: string, letter: DeadLetter) => Promise<void> {
  return async (action, queue, letter) => {
    const { messageId, type, accountId, code, reason, lastFailedAt } = letter;
    const entry = {
      at: new Date().toISOString(),
      by: userInfo().username,
      action,
      queue,
      messageId,
      type,
      accountId,
      code,
      reason,
      deadSince: lastFailedAt,
    };
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  };
}
