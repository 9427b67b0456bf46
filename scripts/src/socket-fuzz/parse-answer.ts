/** A final answer, or a 1xx before it. */
export interface ParsedAnswer {
  status: number;
  /** By lower-case name; a header that came twice has its values joined with ", ". */
  headers: ReadonlyMap<string, string>;
  body: Buffer;
  /** How many bytes it took. */
  length: number;
}

/** These bytes are no answer of HTTP/1.1. */
export class UnreadableAnswerError extends Error {
  override readonly name = 'UnreadableAnswerError';
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const CHUNK_LINE = /^([0-9a-fA-F]{1,8})(?:;[^\r\n]*)?$/;
const LONGEST_HEAD = 65_536;
const CRLF = '\r\n';

/**
 * Reads the first answer out of received bytes, as strictly as RFC 9112 allows. Two readers disagree exactly
 * where one of them is lenient.
 *
 * @param method of the answered request, since an answer to HEAD has no body.
 * @param atEnd of an answer to HTTP/1.0, whose body may end with the connection: whether the connection has ended.
 * @returns undefined while the answer is incomplete.
 * @throws {UnreadableAnswerError}
 */
export function parseAnswer(bytes: Buffer, method: string, atEnd?: boolean): ParsedAnswer | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) {
    if (bytes.length > LONGEST_HEAD) throw new UnreadableAnswerError('the head has no end');
    const start = bytes.toString('latin1', 0, 9);
    if (!'HTTP/1.1 '.startsWith(start)) throw new UnreadableAnswerError(`it begins with ${quoted(bytes)}`);
    return undefined;
  }
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split(CRLF);
  const status = Number(STATUS_LINE.exec(first)?.[1]);
  if (Number.isNaN(status)) throw new UnreadableAnswerError(`its status line is ${quoted(first)}`);
  const headers = headersIn(lines);
  const from = end + 4;
  const isUntilEnd =
    atEnd !== undefined && !headers.has('content-length') && !headers.has('transfer-encoding');
  if (isUntilEnd && method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304) {
    return atEnd ? { status, headers, body: bytes.subarray(from), length: bytes.length } : undefined;
  }
  const body = bodyOf(bytes, from, method, status, headers);
  return body && { status, headers, body: body.content, length: body.end };
}

function headersIn(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = HEADER_LINE.exec(line) ?? [];
    if (name === '') throw new UnreadableAnswerError(`it has the header line ${quoted(line)}`);
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

function bodyOf(
  bytes: Buffer,
  from: number,
  method: string,
  status: number,
  headers: ReadonlyMap<string, string>,
): { content: Buffer; end: number } | undefined {
  const length = headers.get('content-length');
  const encoding = headers.get('transfer-encoding');
  if (length !== undefined && encoding !== undefined) {
    throw new UnreadableAnswerError('it has both a length and chunks');
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    throw new UnreadableAnswerError(`its length is ${quoted(length)}`);
  }
  const isBare = status < 200 || status === 204;
  if (isBare && (length !== undefined || encoding !== undefined)) {
    throw new UnreadableAnswerError(`a ${status} announces a body`);
  }
  if (isBare || status === 304 || method === 'HEAD') return { content: Buffer.alloc(0), end: from };
  if (encoding !== undefined) {
    if (encoding !== 'chunked') throw new UnreadableAnswerError(`its encoding is ${quoted(encoding)}`);
    return chunksIn(bytes, from);
  }
  // The end of the connection would be the end of the body; nothing here answers HTTP/1.1 so.
  if (length === undefined) throw new UnreadableAnswerError('nothing says where it ends');
  const end = from + Number(length);
  return end > bytes.length ? undefined : { content: bytes.subarray(from, end), end };
}

function chunksIn(bytes: Buffer, from: number): { content: Buffer; end: number } | undefined {
  const chunks: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf(CRLF, at);
    if (lineEnd === -1) return undefined;
    const line = bytes.toString('latin1', at, lineEnd);
    const size = Number.parseInt(CHUNK_LINE.exec(line)?.[1] ?? '', 16);
    if (Number.isNaN(size)) throw new UnreadableAnswerError(`a chunk begins with ${quoted(line)}`);
    at = lineEnd + 2;
    if (at + size + 2 > bytes.length) return undefined;
    if (bytes.toString('latin1', at + size, at + size + 2) !== CRLF) {
      throw new UnreadableAnswerError('a chunk is longer than it says, or it has a trailer');
    }
    if (size === 0) return { content: Buffer.concat(chunks), end: at + 2 };
    chunks.push(bytes.subarray(at, at + size));
    at += size + 2;
  }
}

const quoted = (bytes: Buffer | string): string =>
  JSON.stringify(typeof bytes === 'string' ? bytes.slice(0, 60) : bytes.toString('latin1', 0, 60));
