// A JavaScript string may contain half a surrogate pair, for example from `"\ud800"` in JSON. It is not Unicode text: it has
// no UTF-8, databases replace it silently, and strict parsers refuse its escape. So it is refused in input, and replaced in
// output that was stored before.

/** @returns the path of a text or a field name that is not well-formed Unicode; undefined when there is none */
export function pathOfIllFormed(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const innerPath = path === '' ? key : `${path}.${key}`;
    const found = key.isWellFormed() ? pathOfIllFormed(inner, innerPath) : innerPath;
    if (found !== undefined) return found.toWellFormed();
  }
  return undefined;
}

/** A quick check, so that ordinary texts are not walked: only an escape can make a lone surrogate. */
export const mayBeIllFormed = (json: string): boolean => json.includes('\\ud') || json.includes('\\uD');

/** A lone surrogate as `JSON.stringify` writes it, when the backslash is not itself escaped. */
const LONE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** The JSON text of a value, with U+FFFD for each lone surrogate. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return text?.includes('\\ud') ? text.replaceAll(LONE, '$1\\ufffd') : text;
}

/**
 * Whether the percent-escapes of a query or a form are UTF-8. `decodeURIComponent` alone would also refuse a `%` that is no
 * escape, and `node:querystring` silently replaces bytes that are not UTF-8 with U+FFFD.
 */
export function isUtf8Escaped(text: string): boolean {
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text.replaceAll(/%(?![0-9a-f]{2})/gi, ''));
    return true;
  } catch {
    return false;
  }
}
