/** A message that no consumer can read. */
export interface Poison {
  id: string;
  queue: string;
  /** Whether the broker confirmed it. */
  confirmed: boolean;
}

type Make = (id: string) => string;

const envelope = (id: string, more: object): string =>
  JSON.stringify({ specversion: '1.0', id, source: 'chaos', ...more });

const ways: readonly Make[] = [
  () => '{"specversion": "1.0", "id": ',
  () => '"a string is JSON and no event"',
  (id) => envelope(id, { type: 'laurel.nobody.knows.v1', data: {} }),
  (id) => envelope(id, { type: 'laurel.reward.requested.v1' }),
  (id) => envelope(id, { type: 'laurel.reward.granted.v1', data: { claimId: 7, grantId: null } }),
  (id) => JSON.stringify({ id, type: 'laurel.reward.requested.v1', data: {} }),
  () => '',
];

/** @param fault makes the ids unique */
export function malformedMessages(
  queue: string,
  fault: number,
  count: number,
): { id: string; queue: string; content: string }[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `malformed-${fault}-${index + 1}`;
    return { id, queue, content: ways[(fault + index) % ways.length]?.(id) ?? '' };
  });
}
