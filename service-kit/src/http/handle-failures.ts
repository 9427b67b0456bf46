import type { ErrorRequestHandler, Request, Response } from 'express';
import { ClientGoneError } from './client-gone-error.ts';
import { DomainError } from './domain-error.ts';
import { shellProblems, type ProblemTable, type ShellProblem } from './problem-table.ts';
import { sendProblem } from './problem.ts';
import { contextOf } from './request-context.ts';
import { send } from './send.ts';

export interface FailureOptions {
  problems: ProblemTable;
  /** Turns other errors into refusals, for example those of an unavailable database. */
  translateError?: ((error: unknown) => DomainError | undefined) | undefined;
}

/** Answers errors: a known code by the table, any other error as a 500 without details. */
export function handleFailures(options: FailureOptions): ErrorRequestHandler {
  const table = new Map(Object.entries({ ...shellProblems, ...options.problems }));

  return async (error: unknown, request: Request, response: Response, _next) => {
    if (error instanceof ClientGoneError || (response.destroyed && isCancellation(error))) {
      response.destroy();
      return;
    }
    const { requestId, logger, refusals } = contextOf(request);
    const refusal = error instanceof DomainError ? error : options.translateError?.(error);
    const entry = refusal && table.get(refusal.code);
    if (!entry) logger.error('Request failed', { error });
    else if (refusal !== error) logger.warn('Request refused', { code: refusal.code, error });

    if (response.destroyed) return;
    if (response.headersSent) {
      // Part of the answer was sent: only a broken connection tells the client that it is incomplete.
      response.destroy();
      return;
    }
    const { code, detail, members, headers } = refusal && entry ? refusal : UNEXPECTED;
    const refused = { ...(entry ?? shellProblems.internal_error), code, detail, members, headers };
    if (refusals) {
      await send(request, response, refusals.answer(refused));
    } else {
      const challenge = refused.status === 401 && { 'www-authenticate': 'Bearer' };
      await sendProblem(request, response, {
        ...refused,
        requestId,
        headers: { ...challenge, ...headers },
      });
    }
  };
}

const UNEXPECTED = {
  code: 'internal_error' satisfies ShellProblem,
  detail: 'An unexpected error occurred. Quote the requestId when you ask for help.',
  members: {},
  headers: {},
};

const CANCELLED: ReadonlySet<string> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE']);

/** Errors of aborted streams and calls. */
function isCancellation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || ('code' in error && CANCELLED.has(String(error.code)));
}
