import type { ProblemCode } from '../http/problems.ts';

export interface TargetProblem {
  code: ProblemCode;
  detail: string;
}

const USER_NAME = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i;
const ABSOLUTE = /^https?:\/\//i;

/**
 * Explains why a request target has no canonical form. Some targets are ambiguous, others are not valid (RFC 9112,
 * 3.2), or ask for something that does not exist.
 */
export function targetProblem(method: string, target: string): TargetProblem {
  if (target === '*' && method === 'OPTIONS') {
    return noRoute('OPTIONS * asks about the server as a whole, which is not supported: send a path');
  }
  if (target === '*') return malformed('Only OPTIONS may have "*" as its target');
  if (USER_NAME.test(target)) {
    return malformed('The target has a user name or a password: send them in Authorization');
  }
  if (target.includes('#')) return malformed('The target has a fragment, which a client must not send');
  if (!target.startsWith('/') && !ABSOLUTE.test(target)) {
    return malformed('The target is neither a path nor a URL that begins with http:// or https://');
  }
  return {
    code: 'ambiguous_path',
    detail:
      'The path could be read in more than one way: it has a dot segment, an empty segment, ";", "\\", an encoded separator, or a character that must be encoded',
  };
}

const noRoute = (detail: string): TargetProblem => ({ code: 'no_route', detail });
const malformed = (detail: string): TargetProblem => ({ code: 'malformed_request', detail });
