import { DomainError, type ShellProblem } from 'service-kit/http';
import type { ProblemCode } from './problems.ts';

/** A refusal as a value, for decisions that are made for many requests together. */
export interface Refusal {
  refused: true;
  code: ProblemCode | Extract<ShellProblem, 'not_found'>;
  detail: string;
  /** What the caller is told besides. */
  members?: Readonly<Record<string, unknown>>;
}

export function refuse(code: Refusal['code'], detail: string, members?: Refusal['members']): Refusal {
  return { refused: true, code, detail, ...(members && { members }) };
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}

/** @throws {DomainError} where it is a refusal */
export function orThrow<Value extends object>(value: Value | Refusal): Value {
  if (!isRefusal(value)) return value;
  throw new DomainError(value.code, value.detail, { ...(value.members && { members: value.members }) });
}
