import type { Binding } from './broker-observer.ts';

const DEAD = /\.dead$/;
const RETRY = /\.retry\.[^.]+$/;

/** Queues from which a service takes its work: those that are bound, without their retry and dead-letter queues. */
export function workQueuesIn(bindings: readonly Binding[]): string[] {
  const names = new Set(bindings.map(({ queue }) => queue));
  return [...names].filter((name) => isNamed(name) && !DEAD.test(name) && !RETRY.test(name)).toSorted();
}

export const deadQueueOf = (queue: string): string => `${queue}.dead`;

/** Server-named queues belong to one process and are gone with it. */
function isNamed(queue: string): boolean {
  return !queue.startsWith('amq.');
}

/** The queues that take a message, as a topic exchange sees it. */
export function queuesFor(
  { exchange, routingKey }: { exchange: string; routingKey: string },
  bindings: readonly Binding[],
): string[] {
  const taking = bindings.filter(
    (binding) =>
      binding.exchange === exchange && isNamed(binding.queue) && matches(binding.routingKey, routingKey),
  );
  return [...new Set(taking.map(({ queue }) => queue))];
}

function matches(pattern: string, routingKey: string): boolean {
  return matchWords(pattern.split('.'), routingKey.split('.'));
}

/** `*` is one word and `#` any number of them. */
function matchWords([first, ...pattern]: string[], words: string[]): boolean {
  if (first === undefined) return words.length === 0;
  if (first === '#') return words.length === 0 ? matchWords(pattern, []) : matchesRest(pattern, words);
  const [word, ...rest] = words;
  return word !== undefined && (first === '*' || first === word) && matchWords(pattern, rest);
}

function matchesRest(pattern: string[], words: string[]): boolean {
  return matchWords(pattern, words) || matchWords(['#', ...pattern], words.slice(1));
}
