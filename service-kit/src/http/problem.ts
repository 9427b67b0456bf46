import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { send, type ReplyHeaders } from './send.ts';

/** A problem body. Source: RFC 9457, with `code`, `requestId` and `errors` as extension members. */
export const Problem = z
  .looseObject({
    type: z
      .string()
      .meta({ description: 'Identifies the kind of problem', example: 'urn:laurel:problem:not_found' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'Path of the request' }),
    code: z.string().meta({ description: 'The kind of problem, for programs', example: 'not_found' }),
    requestId: z.string().meta({ description: 'Quote it when you ask for help' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Each invalid value, with its path' }),
  })
  .meta({ id: 'Problem' });

export interface ProblemOptions {
  status: number;
  title: string;
  code: string;
  requestId: string;
  /** Default: the title. */
  detail?: string | undefined;
  /** Further members. They cannot replace the other ones. */
  members?: Readonly<Record<string, unknown>>;
  headers?: ReplyHeaders;
}

/**
 * Makes a problem body.
 *
 * @param instance path of the request; empty when it is unknown
 */
export function problemBody(options: ProblemOptions, instance: string): object {
  const { status, title, code, requestId, detail = title, members } = options;
  const body = { type: `urn:laurel:problem:${code}`, title, status, detail, instance, code, requestId };
  return { ...body, ...members, ...body };
}

/** Answers with a problem body. Its instance is the path of the request. */
export async function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  options: ProblemOptions,
): Promise<void> {
  await send(request, response, {
    status: options.status,
    body: problemBody(options, pathOf(request)),
    headers: {
      'cache-control': 'no-store',
      ...options.headers,
      'content-type': 'application/problem+json',
    },
  });
}

/** @returns the path of a request as sent, without the query */
export function pathOf(request: IncomingMessage & { originalUrl?: string }): string {
  const target = request.originalUrl ?? request.url ?? '';
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}
