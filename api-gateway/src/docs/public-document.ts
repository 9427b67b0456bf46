import type { Request } from 'express';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { conditionalReply, contentTag, readPreconditions, reply, type Reply } from 'service-kit/http';

/** A document that is the same for all callers, in several encodings. */
export interface PublicDocument {
  /** Whether the answer depends on `accept-encoding`, for `vary`. */
  isEncoded: boolean;
  /** @throws {DomainError} `invalid_request`, `precondition_failed` */
  answerTo(request: Request): Promise<Reply>;
}

// The gateway compresses nothing else. The length of an answer with a secret (such as a token) and with text of
// the caller would reveal the secret step by step (BREACH), and streams would wait for whole blocks. A service
// that knows its answer to be harmless compresses it itself.
const ENCODERS: Readonly<Record<string, (content: Buffer) => Promise<Buffer>>> = {
  br: (content) => brotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: promisify(gzip),
};
const brotli = promisify(brotliCompress);
/** The highest quality takes seconds for the largest script. */
const BROTLI_QUALITY = 5;
/** Smallest size in bytes that is worth encoding. */
const SHORTEST_ENCODED = 1_024;
const TEXT = /^text\/|json|javascript/;

/**
 * Compresses a document once for each encoding, at the first request. Each encoding has its own strong tag,
 * because the bytes differ (RFC 9110, 8.8.3.3).
 */
export function createPublicDocument(content: Buffer, contentType: string): PublicDocument {
  const tag = contentTag(content);
  const isEncoded = content.length >= SHORTEST_ENCODED && TEXT.test(contentType);
  const headers = { 'content-type': contentType, 'cache-control': 'no-cache' };
  const encoded = new Map<string, Promise<Buffer>>();

  function encode(encoding: string, encoder: (content: Buffer) => Promise<Buffer>): Promise<Buffer> {
    const known = encoded.get(encoding) ?? encoder(content);
    encoded.set(encoding, known);
    return known;
  }

  return {
    isEncoded,
    answerTo: async (request) => {
      const preconditions = readPreconditions(request.headers);
      const encoding = isEncoded ? request.acceptsEncodings(...Object.keys(ENCODERS), 'identity') : false;
      const encoder = encoding === false ? undefined : ENCODERS[encoding];
      if (encoding === false || !encoder) {
        return conditionalReply(reply(200, content, { ...headers, etag: tag }), preconditions);
      }
      const etag = `${tag.slice(0, -1)}-${encoding}"`;
      const tagged = { ...headers, etag, 'content-encoding': encoding };
      const answer = conditionalReply(reply(200, undefined, tagged), preconditions);
      return answer.status === 200 ? { ...answer, body: await encode(encoding, encoder) } : answer;
    },
  };
}
