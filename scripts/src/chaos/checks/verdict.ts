/** A broken rule in one case, with its evidence. */
export interface Breach {
  what: string;
  evidence: object;
}

/** The result of checking one rule. */
export interface Verdict {
  /** I1 to I9 as the system's description numbers them. */
  id: string;
  rule: string;
  /** How many things were looked at. */
  checked: number;
  breaches: Breach[];
}

export function verdict(id: string, rule: string, checked: number, breaches: Breach[]): Verdict {
  return { id, rule, checked, breaches };
}

/** @returns the groups that have more than one item */
export function several<Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
): [key: string, items: Item[]][] {
  return [...Map.groupBy(items, keyOf)].filter(([, group]) => group.length > 1);
}
