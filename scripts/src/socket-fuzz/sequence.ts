import type { ServiceName } from '../repository/packages.ts';

/** A port that is fuzzed: `api-gateway`, or `api-gateway/admin` for its admin port. */
export type Target = ServiceName;

/** Who a request says it comes from. `stranger` brings a token that nobody has issued. */
export type Who = 'nobody' | 'alice' | 'bob' | 'auditor' | 'stranger';

/** What the answer to a request has to be. A 429 or a 503 always fits, since a limit may be met at any time. */
export interface Expectation {
  statuses: readonly number[];
  /** What has to be in the body of a 2xx answer. */
  body?: string;
  /** Whose account the body of a 2xx answer has to be. */
  account?: Who;
  /** Other paths that a problem body may name than that of the request. */
  instances?: readonly string[];
}

/** A request as it is planned: plain data, so that a sequence can be printed and played again. */
export interface PlannedRequest {
  method: string;
  target: string;
  version: string;
  /** Beside the headers of its sender. They are sent as they are, however wrong. */
  headers: readonly (readonly [string, string])[];
  who: Who;
  /** What follows the head, as it is: chunks are written out here. */
  body: string;
  expects: Expectation;
  /** Nothing that follows on its connection is a request of its own, so nothing there may be answered. */
  isLast: boolean;
}

export type Step =
  /** Sends in one segment what is still to be sent up to this part of a request, in [0, 1] of its bytes. */
  | { do: 'send'; request: number; part: number }
  | { do: 'wait'; ms: number }
  /** Waits until everything that was sent whole has been answered. */
  | { do: 'read-answers' }
  /** The client does not read for a while. */
  | { do: 'pause-reading'; ms: number }
  /** The server has said that it closes the connection: it must. */
  | { do: 'read-end' }
  /** FIN, but it still reads. */
  | { do: 'half-close' }
  | { do: 'reset' }
  /** Closes its socket as it is. */
  | { do: 'leave' };

export interface PlannedConnection {
  /** Before it connects, in milliseconds. */
  afterMs: number;
  requests: readonly PlannedRequest[];
  steps: readonly Step[];
}

/** What a client does on one to three connections beside each other. */
export interface Sequence {
  number: number;
  target: Target;
  connections: readonly PlannedConnection[];
}
