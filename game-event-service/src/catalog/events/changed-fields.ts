import { isDeepStrictEqual } from 'node:util';

/** Those of the fields whose values differ. */
export function changedFields<Item, Field extends keyof Item>(
  before: Item,
  after: Item,
  fields: readonly Field[],
): Field[] {
  return fields.filter((field) => !isDeepStrictEqual(before[field], after[field]));
}
