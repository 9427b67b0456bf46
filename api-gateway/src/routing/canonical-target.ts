/** A request target in its canonical form, which is matched, authorised and forwarded. */
export interface CanonicalTarget {
  path: string;
  /** With its `?`, or empty. */
  query: string;
  /** The authority of an absolute-form target, which takes precedence over the Host header (RFC 9112, 3.2.2). */
  authority: string | undefined;
}

const SAFE = 0;
const REFUSED = 1;
const ESCAPED = 2;
const SLASH = 0x2f;
const DOT = 0x2e;
const QUESTION_MARK = 0x3f;
const HASH = 0x23;
const PERCENT = 0x25;

// The characters that RFC 3986 allows in a path segment. `;` is one of them, but it is refused: some servers cut a
// segment there.
const kinds = new Uint8Array(128).fill(REFUSED);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@/") {
  kinds[char.charCodeAt(0)] = SAFE;
}
for (const char of '%"<>[]^`{|}') kinds[char.charCodeAt(0)] = ESCAPED;

const unreserved = /[A-Za-z0-9\-._~]/;

/** Returns undefined if two servers could read the target differently. */
export function canonicalTarget(url: string): CanonicalTarget | undefined {
  if (url.charCodeAt(0) !== SLASH) return fromAbsoluteForm(url);
  return fromOriginForm(url, undefined);
}

/** The canonical form of a path without a query; undefined if there is none. Paths of routes must be in it. */
export function canonicalPath(path: string): string | undefined {
  const target = path.startsWith('/') ? fromOriginForm(path, undefined) : undefined;
  return target?.query === '' && !path.includes('?') ? target.path : undefined;
}

function fromAbsoluteForm(url: string): CanonicalTarget | undefined {
  const match = /^https?:\/\/([A-Za-z0-9.\-_[\]:]+)(\/[^]*|\?[^]*)?$/i.exec(url);
  const authority = match?.[1];
  if (authority === undefined) return undefined;
  const rest = match?.[2] ?? '/';
  return fromOriginForm(rest.startsWith('?') ? `/${rest}` : rest, authority);
}

function fromOriginForm(url: string, authority: string | undefined): CanonicalTarget | undefined {
  let escaped = false;
  let end = 0;
  for (; end < url.length; end += 1) {
    const code = url.charCodeAt(end);
    if (code === QUESTION_MARK) break;
    const kind = code < 128 ? kinds[code] : REFUSED;
    if (kind === REFUSED) return undefined;
    if (kind === ESCAPED) escaped = true;
  }
  const raw = end === url.length ? url : url.slice(0, end);
  const path = escaped ? withCanonicalEscapes(raw) : raw;
  if (path === undefined || hasAmbiguousSegment(path)) return undefined;
  if (end === url.length) return { path, query: '', authority };
  const query = canonicalQuery(url.slice(end));
  return query === undefined ? undefined : { path, query, authority };
}

function hasAmbiguousSegment(path: string): boolean {
  let start = 1;
  for (let i = 1; i <= path.length; i += 1) {
    if (i < path.length && path.charCodeAt(i) !== SLASH) continue;
    const length = i - start;
    if (length === 0 && i < path.length) return true;
    if (length === 1 && path.charCodeAt(start) === DOT) return true;
    if (length === 2 && path.charCodeAt(start) === DOT && path.charCodeAt(start + 1) === DOT) return true;
    start = i + 1;
  }
  return false;
}

/**
 * Escapes only the characters that need it, in upper case (RFC 3986, 6.2.2). Refuses escapes that a later decoder
 * could read as a separator.
 */
function withCanonicalEscapes(path: string): string | undefined {
  let canonical = '';
  for (let i = 0; i < path.length; i += 1) {
    const code = path.charCodeAt(i);
    if (code !== PERCENT) {
      canonical += kinds[code] === ESCAPED ? escapeOf(code) : path.charAt(i);
      continue;
    }
    const hex = path.slice(i + 1, i + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return undefined;
    const byte = Number.parseInt(hex, 16);
    if (byte < 0x20 || byte === 0x7f || byte === SLASH || byte === 0x5c) return undefined;
    const char = String.fromCharCode(byte);
    canonical += unreserved.test(char) ? char : escapeOf(byte);
    i += 2;
  }
  return isUtf8(canonical) ? canonical : undefined;
}

function escapeOf(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Decoders differ in overlong and broken sequences (some read `%c0%ae` as a dot). */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function canonicalQuery(query: string): string | undefined {
  let foreign = false;
  for (let i = 0; i < query.length; i += 1) {
    const code = query.charCodeAt(i);
    if (code <= 0x20 || code === HASH || code === 0x7f) return undefined;
    if (code > 0x7f) foreign = true;
  }
  if (!foreign) return query;
  return query.replaceAll(/[\u0080-\u00ff]/g, (char) => escapeOf(char.charCodeAt(0)));
}
