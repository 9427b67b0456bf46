import { isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';

export const CODE_FORMATS = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
} as const;
export type CodeFormat = (typeof CODE_FORMATS)[keyof typeof CODE_FORMATS];

/** What was read of an upload; lines without anything in them count for nothing. */
export interface ReadCodes {
  codes: string[];
  invalid: number;
}

/** In bytes: more than the longest code needs, however it is escaped. */
const LONGEST_LINE = 4_096;
const MOST_CODES = 2_000;
/** As many are read in one turn of the event loop: others must not wait for an upload of empty lines. */
const MOST_LINES = 1_000;
const LF = 0x0a;

/** 1 to 128 characters that can be seen or are spaces, though not at its ends. */
const CODE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]{1,128}$/u;
const QUOTED_CELL = /^"((?:[^"]|"")*)"$/;
const JsonLine = z.strictObject({ code: z.string() });

/**
 * Reads codes out of a body of any length, a few thousand at a time; what cannot be one is counted.
 *
 * @param body bytes of CSV without a header and with one column, or of `{ "code" }` a line
 */
export async function* readCodes(
  body: AsyncIterable<Buffer>,
  format: CodeFormat,
): AsyncGenerator<ReadCodes, void, undefined> {
  let read: ReadCodes = { codes: [], invalid: 0 };
  for await (const lines of linesOf(body)) {
    for (const line of lines) {
      // A byte order mark counts as white space, and so does what Windows puts at the end of a line.
      const text = line && isUtf8(line) ? line.toString().trim() : undefined;
      if (text === '') continue;
      const code = text === undefined ? undefined : codeIn(text, format);
      if (code === undefined) read.invalid += 1;
      else read.codes.push(code);
      if (read.codes.length < MOST_CODES) continue;
      yield read;
      read = { codes: [], invalid: 0 };
    }
  }
  yield read;
}

/**
 * For each chunk, the lines that end in it, each part of them in a turn of its own. A line that is too long to keep is
 * undefined.
 */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<(Buffer | undefined)[]> {
  let begun: Buffer = Buffer.alloc(0);
  let isTooLong = false;
  const add = (part: Buffer): void => {
    isTooLong ||= begun.length + part.length > LONGEST_LINE;
    if (isTooLong) begun = Buffer.alloc(0);
    else begun = begun.length === 0 ? part : Buffer.concat([begun, part]);
  };
  const end = (): Buffer | undefined => {
    const line = isTooLong ? undefined : begun;
    begun = Buffer.alloc(0);
    isTooLong = false;
    return line;
  };
  for await (const chunk of body) {
    let lines: (Buffer | undefined)[] = [];
    let start = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, start)) {
      add(chunk.subarray(start, at));
      lines.push(end());
      start = at + 1;
      if (lines.length < MOST_LINES) continue;
      yield lines;
      lines = [];
      await nextTurn();
    }
    add(chunk.subarray(start));
    yield lines;
    await nextTurn();
  }
  yield [end()];
}

function codeIn(line: string, format: CodeFormat): string | undefined {
  const code = (format === 'csv' ? cellIn(line) : jsonCodeIn(line))?.trim();
  return code !== undefined && CODE.test(code) ? code : undefined;
}

/** Quoted as RFC 4180 has it. A comma outside of quotes would begin a second column. */
function cellIn(line: string): string | undefined {
  const quoted = QUOTED_CELL.exec(line)?.[1];
  if (quoted !== undefined) return quoted.replaceAll('""', '"');
  return /[",]/.test(line) ? undefined : line;
}

function jsonCodeIn(line: string): string | undefined {
  try {
    return JsonLine.safeParse(JSON.parse(line)).data?.code;
  } catch {
    return undefined;
  }
}
