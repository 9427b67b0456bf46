import type { Filter } from 'mongodb';

/** How a list is sorted, field by field, as the driver's `sort` takes it. The last field is unique. */
export type KeysetOrder = Readonly<Record<string, 1 | -1>>;

/**
 * Keyset pagination: the filter for what comes after a position in a sorted list. Combine it with other conditions
 * by `$and`.
 *
 * The bound on the first field repeats what the rest says. It lets the planner walk one range of an index.
 *
 * @param order as the query's `sort` has it; an index should begin with the same fields
 * @param position value of each field of `order` where the page before ended; undefined for the first page
 */
export function keysetFilter<Document, Order extends KeysetOrder = KeysetOrder>(
  order: Order,
  position: Readonly<Record<keyof Order, unknown>> | undefined,
): Filter<Document> {
  if (!position) return {};
  const fields = Object.keys(order);
  const beyond = fields.map((field, index) => ({
    ...Object.fromEntries(fields.slice(0, index).map((equal) => [equal, position[equal]])),
    [field]: { [order[field] === 1 ? '$gt' : '$lt']: position[field] },
  }));
  const [first] = fields;
  if (first === undefined) throw new TypeError('a keyset has at least one field');
  const bound = { [first]: { [order[first] === 1 ? '$gte' : '$lte']: position[first] } };
  // The fields are those of `order`, which the compiler cannot match with those of the documents.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { ...bound, $or: beyond } as Filter<Document>;
}
