/** The figures of an event: its participants, the eligible ones among them, and its claims by status. */
export type Figure = 'participants' | 'eligible' | `claims.${string}`;

/** What is to be added to the figures of events, by event. */
export type Tallies = Map<string, Map<Figure, number>>;

export function tally(tallies: Tallies, eventId: string, figure: Figure, count: number): void {
  const figures = tallies.get(eventId) ?? new Map<Figure, number>();
  const sum = (figures.get(figure) ?? 0) + count;
  // Nothing is written where what was added was taken away again.
  if (sum === 0) figures.delete(figure);
  else figures.set(figure, sum);
  if (figures.size === 0) tallies.delete(eventId);
  else tallies.set(eventId, figures);
}
