import { describe, expect, it } from 'vitest';
import { parseAnswer, UnreadableAnswerError } from './parse-answer.ts';

const parse = (text: string, method = 'GET') => parseAnswer(Buffer.from(text, 'latin1'), method);

describe('an answer', () => {
  it('is as long as its length says, and what follows is not part of it', () => {
    const answer = parse('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nX-A: 2\r\n\r\nhelloHTTP/1.1 ');
    expect(answer).toMatchObject({ status: 200, length: 59 });
    expect(answer?.body.toString()).toBe('hello');
    expect(answer?.headers.get('x-a')).toBe('1, 2');
  });

  it('is as long as its chunks', () => {
    const answer = parse(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n',
    );
    expect(answer?.body.toString()).toBe('abc0123456789');
  });

  it.each([
    'HTT',
    'HTTP/1.1 200 OK\r\nContent-Le',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n',
  ])('is awaited while it has not come whole: %j', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  it('has no body to HEAD, and none with 100, 204 and 304', () => {
    expect(parse('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'HEAD')?.length).toBe(38);
    expect(parse('HTTP/1.1 100 Continue\r\n\r\nHTTP')?.length).toBe(25);
    expect(parse('HTTP/1.1 204 No Content\r\n\r\n')?.body).toHaveLength(0);
    expect(parse('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n')?.body).toHaveLength(0);
  });

  it('ends with its connection where that may be', () => {
    const bytes = Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end');
    expect(parseAnswer(bytes, 'GET', false)).toBeUndefined();
    expect(parseAnswer(bytes, 'GET', true)?.body.toString()).toBe('until the end');
  });

  it.each([
    ['{"type":"the body of another"}', 'begins with'],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', 'status line'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n folded\r\n\r\n', 'header line'],
    ['HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n', 'header line'],
    ['HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n', 'header line'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n', 'both'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd', 'length'],
    ['HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nabcd', 'length'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabcd', 'encoding'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 'chunk'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n', 'longer'],
    ['HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', 'announces a body'],
    ['HTTP/1.1 200 OK\r\n\r\nuntil the end', 'where it ends'],
  ])('is refused when two readers could differ on it: %j', (text, reason) => {
    expect(() => parse(text)).toThrow(UnreadableAnswerError);
    expect(() => parse(text)).toThrow(reason);
  });
});
