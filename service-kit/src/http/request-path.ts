const ENCODED_SEPARATOR_OR_NUL = /%(?:2f|5c|00)/i;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;
const HAS_USERINFO = /^[a-z][a-z0-9+.-]*:\/\/[^/]*@/i;
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * Says why two servers could read a request target differently. Access is decided by path, so an ambiguous path is refused
 * and not repaired.
 *
 * @param target request target as received, with its query
 * @returns undefined when the path is unambiguous
 */
export function pathProblem(target: string): string | undefined {
  // The gateway forwards paths only.
  if (target === '*') return 'The target "*" is for the server as a whole, which is not supported';
  if (target.includes('#')) return 'The request target has a fragment, which must not be sent';
  const end = target.indexOf('?');
  const path = end === -1 ? target : target.slice(0, end);
  if (HAS_USERINFO.test(path)) return 'The request target has a user name; send it in Authorization';
  if (!path.startsWith('/')) return 'The request target must begin with a slash';
  if (path.includes('//')) return 'The path has an empty segment';
  if (path.includes(';')) return 'The path has a semicolon';
  if (path.includes('\\')) return 'The path has a backslash';
  if (!PRINTABLE.test(path)) return 'The path has a character that must be encoded';
  if (path.includes('/.') || path.includes('%')) {
    if (DOT_SEGMENT.test(path)) return 'The path has a dot segment';
    if (ENCODED_SEPARATOR_OR_NUL.test(path)) return 'The path has an encoded slash, backslash or NUL';
    if (BROKEN_ESCAPE.test(path)) return 'The path has an incomplete escape';
    if (!isUtf8Encoded(path)) return 'The path is not encoded UTF-8';
  }
  return undefined;
}

function isUtf8Encoded(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
