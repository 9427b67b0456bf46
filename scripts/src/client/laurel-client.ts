import type { z } from 'zod';

export interface CallOptions {
  /** An access token. */
  token?: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent unchanged instead of a JSON body. */
  csv?: string;
  headers?: Record<string, string>;
  timeoutMs?: number;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed JSON body; undefined if there is no body. */
  body: unknown;
}

const TIMEOUT_MS = 15_000;

/** An HTTP client of one Laurel. */
export class LaurelClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url.replace(/\/$/, '');
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { token, body, csv, headers = {}, timeoutMs = TIMEOUT_MS } = options;
    const content = csv ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(content === undefined
          ? {}
          : { 'content-type': csv === undefined ? 'application/json' : 'text/csv' }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  }

  /** Calls, and expects one of these statuses and a body of this schema. */
  async expect<Schema extends z.ZodType>(
    statuses: readonly number[],
    schema: Schema,
    ...[method, path, options]: Parameters<LaurelClient['call']>
  ): Promise<{ status: number; body: z.output<Schema> }> {
    const answer = await this.call(method, path, options);
    if (!statuses.includes(answer.status)) throw new UnexpectedAnswer(method, path, answer);
    return { status: answer.status, body: schema.parse(answer.body) };
  }
}

export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  readonly answer: Answer;

  constructor(method: string, path: string, answer: Answer) {
    super(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.answer = answer;
  }
}
