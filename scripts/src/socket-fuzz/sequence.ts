import type { ServiceName } from '../repository/packages.ts';

/** A port that is fuzzed: `api-gateway`, or `api-gateway/admin` for its admin port. */
export type Target = ServiceName;

/** The sender of a request. `stranger` sends a forged token. */
export type Who = 'nobody' | 'alice' | 'bob' | 'auditor' | 'stranger';

/** The expected answer to a request. A 429 or a 503 is always allowed, since a request may exceed a limit at any time. */
export interface Expectation {
  statuses: readonly number[];
  /** Text that the body of a 2xx answer must contain. */
  body?: string;
  /** The user whose account id the body of a 2xx answer must contain. */
  account?: Who;
  /** Paths that a problem body may name besides the path of the request. */
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
  /** The bytes behind the head, with the framing of chunks. */
  body: string;
  expects: Expectation;
  /** The server must not answer anything that follows on this connection. */
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
