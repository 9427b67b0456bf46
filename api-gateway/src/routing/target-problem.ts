import type { ProblemCode } from '../problems.ts';

export interface TargetProblem {
  code: ProblemCode;
  detail: string;
}

const USER_NAME = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i;
const ABSOLUTE = /^https?:\/\//i;

/**
 * What is wrong with a request target that has no canonical form. Only some of them are ambiguous: others are no
 * targets at all (RFC 9112, 3.2), or ask for what is not there.
 */
export function targetProblem(method: string, target: string): TargetProblem {
  if (target === '*' && method === 'OPTIONS') {
    return noRoute('OPTIONS * asks about the server as a whole, which has no answer here: ask about a path');
  }
  if (target === '*') return malformed('Only OPTIONS may have "*" for its target');
  if (USER_NAME.test(target)) {
    return malformed('The target holds a user name or a password, which belong into Authorization');
  }
  if (target.includes('#')) return malformed('The target holds a fragment, which a client keeps to itself');
  if (!target.startsWith('/') && !ABSOLUTE.test(target)) {
    return malformed('The target is neither a path nor an address that begins with http:// or https://');
  }
  return {
    code: 'ambiguous_path',
    detail:
      'The path could be read in more than one way: it has a dot segment, an empty segment, ";", "\\", an encoded separator, or a character that must be encoded',
  };
}

const noRoute = (detail: string): TargetProblem => ({ code: 'no_route', detail });
const malformed = (detail: string): TargetProblem => ({ code: 'malformed_request', detail });
