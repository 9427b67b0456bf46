import { canonicalHost } from './canonical-host.ts';
import { parseDuration, type Duration } from './duration.ts';
import { variable, type Variable } from './variable.ts';

/** A number above zero, such as a factor. */
export function positiveNumber(options: { max: number; fallback?: number }): Variable<number> {
  const { max, fallback } = options;
  return variable({
    rule: `a number above 0, at most ${max}`,
    parse: (text) => {
      const value = /^\d{1,16}(?:\.\d{1,16})?$/.test(text) ? Number(text) : Number.NaN;
      return value > 0 && value <= max ? value : undefined;
    },
    fallback,
    showable: true,
  });
}

/** A TCP port; 0 lets the system choose one. */
export function port(fallback?: number): Variable<number> {
  return integer({ min: 0, max: 65_535, fallback });
}

export function integer(options: { min?: number; max?: number; fallback?: number } = {}): Variable<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, fallback } = options;
  return variable({
    rule: `a whole number${range(options)}`,
    parse: (text) => {
      const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    fallback,
    showable: true,
  });
}

const DURATION_RULE = 'a duration like 500ms, 5s, 2m, 12h or 30d';

/** A duration such as `500ms`, `5s`, `2m`, `12h` or `30d`, as milliseconds. */
export function duration(fallback?: string): Variable<number> {
  return variable({
    rule: DURATION_RULE,
    parse: (text) => parseDuration(text)?.ms,
    fallback: fallback === undefined ? undefined : durationOf(fallback).ms,
    showable: true,
  });
}

/** Durations separated by commas, each with its text as `label`, such as `5s,30s,2m`. */
export function durationList(fallback?: string): Variable<Duration[]> {
  return variable({
    rule: 'durations separated by commas, like 5s,30s,2m',
    parse: (text) => {
      const durations = list(text).map(parseDuration);
      return durations.every((each) => each !== undefined) ? durations : undefined;
    },
    fallback: fallback === undefined ? undefined : list(fallback).map(durationOf),
    showable: true,
  });
}

/**
 * An absolute URL as text. It may have several hosts separated by commas, as MongoDB and RabbitMQ clusters need.
 * An invalid URL is not shown, because it may hold a password.
 *
 * @param options.protocols without the colon, for example `['mongodb', 'mongodb+srv']`
 */
export function url(options: { protocols: readonly string[]; fallback?: string }): Variable<string> {
  const { protocols, fallback } = options;
  return variable({
    rule: `a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    parse: (text) => {
      const [, protocol = '', authority = '', rest = ''] = /^([^:/]+):\/\/([^/?#]+)(.*)$/s.exec(text) ?? [];
      if (!protocols.includes(protocol)) return undefined;
      const [first = '', ...more] = authority.split(/,(?=[^@]*$)/);
      const parsable = [first, ...more].every((host) => URL.canParse(`${protocol}://${host}${rest}`));
      return parsable ? text : undefined;
    },
    fallback,
    showable: false,
  });
}

/** URLs separated by commas; see {@link url}. */
export function urlList(options: { protocols: readonly string[] }): Variable<string[]> {
  const one = url(options);
  return variable({
    rule: `URLs separated by commas, each beginning with ${options.protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    parse: (text) => {
      const urls = list(text).map((each) => one.safeParse(each).data);
      return urls.every((each) => each !== undefined) ? urls : undefined;
    },
    showable: false,
  });
}

export function text(
  options: { fallback?: string; min?: number; max?: number; pattern?: RegExp } = {},
): Variable<string> {
  const { fallback, min = 1, max = Number.MAX_SAFE_INTEGER, pattern } = options;
  const length = min > 1 || options.max !== undefined ? `text of ${lengths(min, options.max)}` : 'text';
  return variable({
    rule: pattern ? `${length} that matches ${pattern}` : length,
    parse: (value) =>
      value.length >= min && value.length <= max && (!pattern || pattern.test(value)) ? value : undefined,
    fallback,
    showable: true,
  });
}

/** Host names without ports, separated by commas, as a set in the form of `canonicalHost`. IPv6 addresses are in brackets. */
export function hostNames(fallback?: string): Variable<ReadonlySet<string>> {
  const parse = (names: string): ReadonlySet<string> | undefined => {
    const hosts = list(names).map((name) => (HAS_PORT.test(name) ? undefined : canonicalHost(name)));
    const known = hosts.filter((host) => host !== undefined);
    return known.length === hosts.length ? new Set(known) : undefined;
  };
  return variable({
    rule: 'host names without ports, separated by commas',
    parse,
    fallback: fallback === undefined ? undefined : parse(fallback),
    showable: true,
  });
}

const HAS_PORT = /:\d*$/;

/** `true` or `false` (`1` or `0`). */
export function flag(fallback: boolean): Variable<boolean> {
  const known = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ]);
  return variable({
    rule: 'true or false',
    parse: (value) => known.get(value.toLowerCase()),
    fallback,
    showable: true,
  });
}

export function oneOf<const Value extends string>(
  values: readonly Value[],
  fallback?: NoInfer<Value>,
): Variable<Value> {
  return variable({
    rule: `one of ${values.join(', ')}`,
    parse: (text) => values.find((value) => value === text),
    fallback,
    showable: true,
  });
}

function durationOf(text: string): Duration {
  const parsed = parseDuration(text);
  if (!parsed) throw new TypeError(`${JSON.stringify(text)} is not ${DURATION_RULE}`);
  return parsed;
}

export function list(text: string): string[] {
  return text.split(',').map((each) => each.trim());
}

function range({ min, max }: { min?: number; max?: number }): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return `, at least ${min}`;
  return max === undefined ? '' : `, at most ${max}`;
}

function lengths(min: number, max: number | undefined): string {
  return max === undefined ? `at least ${min} characters` : `${min} to ${max} characters`;
}
