// A string of JavaScript may hold half a surrogate pair, and `"\ud800"` of JSON makes one. It is no Unicode text: it has
// no UTF-8, databases replace it without a word, and strict parsers refuse a document that has its escape. So it is
// refused where text comes in, and replaced where text goes out that was stored before.

/** The path of a text or a name of a field that is not well-formed Unicode, for the errors of a request. */
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

/** Only an escape can make one, because UTF-8 has none: a quick look, so that ordinary texts are not walked. */
export const mayBeIllFormed = (json: string): boolean => json.includes('\\ud') || json.includes('\\uD');

/** As `JSON.stringify` writes a lone surrogate, where the backslash is not itself escaped. */
const LONE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** The JSON text of a value, with U+FFFD for each lone surrogate, which strict parsers would refuse. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return text?.includes('\\ud') ? text.replaceAll(LONE, '$1\\ufffd') : text;
}

/**
 * Whether the percent-escapes of a query or a form stand for UTF-8. `decodeURIComponent` would also refuse a `%` that is
 * none; `node:querystring` turns bytes that are not UTF-8 into U+FFFD without a word, so that one text comes as another.
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
