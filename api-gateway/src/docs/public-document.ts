import type { Request } from 'express';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { conditionalReply, contentTag, readPreconditions, reply, type Reply } from 'service-kit/http';

/** Something that is the same for everybody, in each encoding in which it is asked for. */
export interface PublicDocument {
  /** Whether `accept-encoding` decides what is answered, for `vary`. */
  isEncoded: boolean;
  /** @throws {DomainError} `invalid_request`, `precondition_failed` */
  answerTo(request: Request): Promise<Reply>;
}

// Nothing else is compressed here: the length of an answer that has a secret (a token, say) and something of the caller's
// own in it tells the secret bit by bit (BREACH), and streams would wait for whole blocks. A service that knows its answer
// to be harmless compresses it itself.
const ENCODERS: Readonly<Record<string, (content: Buffer) => Promise<Buffer>>> = {
  br: (content) => brotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: promisify(gzip),
};
const brotli = promisify(brotliCompress);
/** The best takes seconds for the largest script. */
const BROTLI_QUALITY = 5;
/** Below this, in bytes, an encoding saves nothing. */
const SHORTEST_ENCODED = 1_024;
const TEXT = /^text\/|json|javascript/;

/**
 * A document that is compressed once for each encoding, when that is first asked for. Each encoding has a strong tag of its
 * own (RFC 9110, 8.8.3.3): their bytes are different.
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
