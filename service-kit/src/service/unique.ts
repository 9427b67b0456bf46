/** @returns the different values, in the order in which they first come */
export const unique = <Value>(values: Iterable<Value>): Value[] => [...new Set(values)];
