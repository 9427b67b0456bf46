import { UserError } from '../../console/user-error.ts';
import type { DeadLetterFilter } from './dead-letter.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns milliseconds of a duration like `90s`, `10m`, `2h` or `30d` */
export function parseAge(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = UNITS[unit];
  if (ms === undefined) throw new UserError(`${text} is no duration: write 90s, 10m, 2h or 30d.`);
  return Number(count) * ms;
}

const READERS: Readonly<Record<string, (value: string) => DeadLetterFilter>> = {
  id: (id) => ({ id }),
  type: (type) => ({ type }),
  code: (code) => ({ code }),
  account: (account) => ({ account }),
  older: (age) => ({ olderMs: parseAge(age) }),
  newer: (age) => ({ newerMs: parseAge(age) }),
};

/**
 * Reads `name=value` pairs. A letter must match all of them.
 *
 * @throws {UserError} for a name that is not one of id, type, code, account, older, newer
 */
export function parseFilter(pairs: readonly string[]): DeadLetterFilter {
  const filters = pairs.map((pair) => {
    const [, name = '', value = ''] = /^([a-z]+)=(.+)$/s.exec(pair) ?? [];
    const read = READERS[name];
    if (!read) {
      throw new UserError(`--filter ${pair} is not a filter: use ${Object.keys(READERS).join('=…, ')}=….`);
    }
    return read(value);
  });
  return Object.assign({}, ...filters);
}
