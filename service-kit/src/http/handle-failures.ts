import type { ErrorRequestHandler, Request, Response } from 'express';
import { ClientGoneError } from './client-gone-error.ts';
import { DomainError } from './domain-error.ts';
import { shellProblems, type ProblemTable } from './problem-table.ts';
import { sendProblem } from './problem.ts';
import { contextOf } from './request-context.ts';

export interface FailureOptions {
  problems: ProblemTable;
  /** Makes a refusal of an error that the domain did not throw, for example of a store that is away. */
  translateError?: ((error: unknown) => DomainError | undefined) | undefined;
}

/** Answers whatever was thrown on the way: a known code by the table, anything else as a bare 500. */
export function handleFailures(options: FailureOptions): ErrorRequestHandler {
  const table = new Map(Object.entries({ ...shellProblems, ...options.problems }));

  return async (error: unknown, request: Request, response: Response, _next) => {
    if (error instanceof ClientGoneError || (response.destroyed && isCancellation(error))) {
      response.destroy();
      return;
    }
    const { requestId, logger } = contextOf(request);
    const refusal = error instanceof DomainError ? error : options.translateError?.(error);
    const entry = refusal && table.get(refusal.code);
    if (!entry) logger.error('Request failed', { error });
    else if (refusal !== error) logger.warn('Request refused', { code: refusal.code, error });

    if (response.destroyed) return;
    if (response.headersSent) {
      // Half an answer is out: only a broken connection tells the client that it is not the whole.
      response.destroy();
    } else if (refusal && entry) {
      await sendProblem(request, response, {
        ...entry,
        code: refusal.code,
        requestId,
        detail: refusal.detail,
        members: refusal.members,
        headers: { ...(entry.status === 401 && { 'www-authenticate': 'Bearer' }), ...refusal.headers },
      });
    } else {
      const detail = 'Something went wrong here. Quote the requestId when you ask for help.';
      const code = 'internal_error';
      await sendProblem(request, response, { ...shellProblems[code], code, requestId, detail });
    }
  };
}

/** What streams and calls end with when they are given up. */
function isCancellation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || ('code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE');
}
