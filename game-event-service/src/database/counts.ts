/** How often each name was counted. */
export type Counts = Map<string, number>;

export function countUp(counts: Counts, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
