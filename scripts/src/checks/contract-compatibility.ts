/** Keywords that describe a schema and require nothing of a message. */
const ANNOTATIONS = new Set([
  '$schema',
  '$comment',
  'title',
  'description',
  'examples',
  'default',
  'deprecated',
]);
type Schema = Readonly<Record<string, unknown>>;

/**
 * Finds what breaks the promise of a published schema. Old messages still wait in outboxes, queues and dead-letter
 * queues, and receivers still have the old schema. So a change may not require more of a message, and may not allow
 * more. Two additions are allowed: an optional field, and a value of an `enum`, which receivers must know before it is
 * sent. Every other change is a break, also of keywords that are unknown here.
 *
 * @param at JSON pointer of the schemas, for the sentences
 * @returns a sentence for each break
 */
export function breaksOf(published: unknown, current: unknown, at = ''): string[] {
  if (!isSchema(published) || !isSchema(current)) return sameOrBreak(published, current, at);
  const keywords = new Set([...Object.keys(published), ...Object.keys(current)]);
  return [...keywords]
    .filter((keyword) => !ANNOTATIONS.has(keyword))
    .flatMap((keyword) => keywordBreaks(keyword, published[keyword], current[keyword], `${at}/${keyword}`));
}

/** @returns whether a message is promised the same by both */
export const promisesTheSame = (one: unknown, other: unknown): boolean =>
  breaksOf(one, other).length === 0 && breaksOf(other, one).length === 0;

function keywordBreaks(keyword: string, published: unknown, current: unknown, at: string): string[] {
  switch (keyword) {
    case 'properties':
      return propertyBreaks(asSchema(published), asSchema(current), at);
    case 'required':
      return requiredBreaks(asList(published), asList(current), at);
    case 'enum':
      return enumBreaks(published, current, at);
    case 'additionalProperties':
      // Without it every property is allowed.
      return breaksOf(published ?? true, current ?? true, at);
    case 'items':
    case 'not':
    case 'if':
    case 'then':
    case 'else':
    case 'contains':
    case 'propertyNames':
      return breaksOf(published, current, at);
    case 'type':
      return sameOrBreak(typesIn(published), typesIn(current), at);
    default:
      return sameOrBreak(published, current, at);
  }
}

function propertyBreaks(published: Schema, current: Schema, at: string): string[] {
  return Object.entries(published).flatMap(([name, schema]) =>
    Object.hasOwn(current, name)
      ? breaksOf(schema, current[name], `${at}/${name}`)
      : [`${at}/${name} is gone`],
  );
}

function requiredBreaks(published: readonly unknown[], current: readonly unknown[], at: string): string[] {
  const added = current.filter((name) => !published.includes(name));
  const removed = published.filter((name) => !current.includes(name));
  return [
    ...added.map(
      (name) => `${at}: ${told(name)} is required, and messages that are not delivered yet may lack it`,
    ),
    ...removed.map((name) => `${at}: ${told(name)} may be missing, and receivers rely on it`),
  ];
}

function enumBreaks(published: unknown, current: unknown, at: string): string[] {
  if (!Array.isArray(published) || !Array.isArray(current)) return sameOrBreak(published, current, at);
  const values = new Set(current.map(told));
  const gone = published.map(told).filter((value) => !values.has(value));
  return gone.map((value) => `${at}: ${value} is gone`);
}

function sameOrBreak(published: unknown, current: unknown, at: string): string[] {
  if (told(published) === told(current)) return [];
  return [`${at || '/'} was ${told(published)} and is ${told(current)}`];
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const asSchema = (value: unknown): Schema => (isSchema(value) ? value : {});
const asList = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

const typesIn = (value: unknown): string[] => asList(value).map(String).toSorted();

/** A value as text, the same for the same value: the order of an object's keys means nothing. */
function told(value: unknown): string {
  if (value === undefined) return 'not there';
  return JSON.stringify(value, (_, inner: unknown) =>
    isSchema(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
