import { z } from 'zod';
import type { ParsedAnswer } from './parse-answer.ts';
import type { ConnectionRecord } from './play-connection.ts';
import type { PlannedConnection, PlannedRequest, Who } from './sequence.ts';
import { SMUGGLED } from './vocabulary.ts';

/** A fault of one connection. */
export interface Breach {
  kind:
    | 'a part of a request was answered as a request'
    | 'an answer to nothing'
    | 'an answer behind the last one'
    | 'the answer to another request'
    | 'an unexpected answer'
    | 'an answer given twice'
    | 'no answer'
    | 'an unreadable answer'
    | 'a connection that stays open';
  detail: string;
}

export interface JudgeContext {
  /** Account ids. */
  idOf: (who: Who) => string | undefined;
  /** Of every answer of the whole run. */
  requestIds: Set<string>;
}

const Problem = z.looseObject({ status: z.number(), instance: z.string() });

/** At any time a limit may be met, or a service be busy. */
const BUSY = new Set([429, 503]);

/** Compares what was answered on a connection with what was asked. */
export function judgeConnection(
  { requests }: Pick<PlannedConnection, 'requests'>,
  record: ConnectionRecord,
  context: JudgeContext,
): Breach[] {
  const breaches: Breach[] = [];
  const { answers, interim, begun, whole, due, unreadable, rest, endedBy, error } = record;
  const sayIf = (isSo: boolean, kind: Breach['kind'], detail: string): void => {
    if (isSo) breaches.push({ kind, detail });
  };
  const lastRequest = requests.findIndex((request, index) => request.isLast && index < begun);
  const lastAnswer = answers.findIndex(saysClose);

  for (const [index, answer] of answers.entries()) {
    const request = index < begun ? requests[index] : undefined;
    const what = `answer ${index + 1} is ${told(answer)}`;
    const id = answer.headers.get('x-request-id') ?? '';
    sayIf(
      context.requestIds.has(id),
      'an answer given twice',
      `${what}, with the request id ${id} of another`,
    );
    context.requestIds.add(id);
    if (instanceOf(answer)?.startsWith(SMUGGLED)) {
      sayIf(true, 'a part of a request was answered as a request', what);
    } else if (isBehind(index, lastRequest) || isBehind(index, lastAnswer)) {
      sayIf(!isRefusalOfBytes(answer), 'an answer behind the last one', what);
    } else if (request === undefined) {
      // The end of a client whose request was refused before it had come whole is no request either.
      sayIf(begun === whole || !isRefusalOfBytes(answer), 'an answer to nothing', what);
    } else {
      breaches.push(...judgeAnswer(request, index < whole, answer, what, context));
    }
  }
  for (const { before, status } of interim) {
    const isExpected = status === 102 || (status === 100 && expectsContinue(requests[before]));
    sayIf(!isExpected, 'an unexpected answer', `a ${status} before answer ${before + 1}`);
  }
  sayIf(unreadable !== undefined, 'an unreadable answer', `behind ${answers.length} answers: ${unreadable}`);
  if (unreadable !== undefined) return breaches;

  const isCutByServer = endedBy === 'server' && !record.isHalfClosed;
  // A reset answers bytes that nobody read, and takes with it what a client had not yet read (RFC 9112, 9.6).
  if (isCutByServer && error !== undefined && begun > answers.length + 1) return breaches;
  sayIf(
    isCutByServer && rest.length > 0,
    'an unreadable answer',
    `the connection ends after ${rest.length} bytes of answer ${answers.length + 1} (${error ?? 'FIN'})`,
  );
  const expected = lastRequest === -1 ? due : Math.min(due, lastRequest + 1);
  const isOver = lastAnswer !== -1;
  if (answers.length < expected && !isOver && !(isCutByServer && rest.length > 0)) {
    const missing = requests[answers.length];
    const how = isCutByServer ? `the server ended the connection (${error ?? 'FIN'})` : 'nothing came';
    sayIf(true, 'no answer', `request ${answers.length + 1} (${missing && titleOf(missing)}): ${how}`);
  }
  sayIf(
    record.keptOpen && answers.length >= expected,
    'a connection that stays open',
    `after ${answers.length} answers, the last of them ${answers.at(-1) && told(answers.at(-1))}`,
  );
  return breaches;
}

function judgeAnswer(
  request: PlannedRequest,
  isWhole: boolean,
  answer: ParsedAnswer,
  what: string,
  { idOf }: JudgeContext,
): Breach[] {
  const { status } = answer;
  const asked = `${what} to ${titleOf(request)}`;
  const { statuses, instances = [], body, account } = request.expects;
  const isFitting =
    BUSY.has(status) || statuses.includes(status) || (!isWhole && status >= 400 && status < 500);
  if (!isFitting)
    return [{ kind: 'an unexpected answer', detail: `${asked}, which is ${statuses.join(' or ')}` }];
  const instance = instanceOf(answer);
  const paths = [pathOf(request.target), ...instances, ...(isWhole && !BUSY.has(status) ? [] : [''])];
  if (instance !== undefined && !paths.includes(instance)) {
    return [{ kind: 'the answer to another request', detail: `${asked}, and names ${instance}` }];
  }
  if (status < 200 || status > 299 || request.method === 'HEAD') return [];
  const text = answer.body.toString();
  const wanted = [body, account && idOf(account)].filter((part) => part !== undefined);
  const missing = wanted.find((part) => !text.includes(part));
  if (missing === undefined) return [];
  return [
    { kind: 'the answer to another request', detail: `${asked}, without ${missing}: ${text.slice(0, 200)}` },
  ];
}

const isBehind = (index: number, last: number): boolean => last !== -1 && index > last;

/** The server refused bytes that it could not read as a request. */
const isRefusalOfBytes = (answer: ParsedAnswer): boolean =>
  answer.status >= 400 && saysClose(answer) && instanceOf(answer) === '';

const expectsContinue = (request: PlannedRequest | undefined): boolean =>
  request?.headers.some(([name]) => name.toLowerCase() === 'expect') === true;

const saysClose = ({ headers }: ParsedAnswer): boolean =>
  headers.get('connection')?.toLowerCase() === 'close';

/** The `instance` of a problem body; undefined if the body is not a problem. */
function instanceOf({ headers, body, status }: ParsedAnswer): string | undefined {
  if (body.length === 0 || headers.get('content-type')?.startsWith('application/problem+json') !== true)
    return undefined;
  try {
    const problem = Problem.parse(JSON.parse(body.toString()));
    return problem.status === status ? problem.instance : `a body of status ${problem.status}`;
  } catch {
    return 'a body that is no problem';
  }
}

const pathOf = (target: string): string => target.split('?', 1)[0] ?? '';

export const titleOf = ({ method, target, version, who }: PlannedRequest): string =>
  `${method} ${target.slice(0, 80)} HTTP/${version}${who === 'nobody' ? '' : ` as ${who}`}`;

function told(answer: ParsedAnswer | undefined): string {
  if (answer === undefined) return 'none';
  const instance = instanceOf(answer);
  return instance === undefined ? String(answer.status) : `${answer.status} for ${JSON.stringify(instance)}`;
}
