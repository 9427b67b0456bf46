import { describe, expect, it } from 'vitest';
import { judgeConnection } from './judge-connection.ts';
import { readAnswers, type ConnectionRecord } from './play-connection.ts';
import type { PlannedRequest } from './sequence.ts';

const asking = (target: string, changes: Partial<PlannedRequest> = {}): PlannedRequest => ({
  method: 'GET',
  target,
  version: '1.1',
  headers: [],
  who: 'nobody',
  body: '',
  expects: { statuses: [404] },
  isLast: false,
  ...changes,
});

let answersMade = 0;

function answer(status: number, body: string, headers: Record<string, string> = {}): string {
  answersMade += 1;
  const all = { 'x-request-id': `r${answersMade}`, 'content-length': String(body.length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Some reason\r\n${lines.join('')}\r\n${body}`;
}

const problem = (status: number, instance: string, headers: Record<string, string> = {}): string =>
  answer(status, JSON.stringify({ status, instance }), {
    'content-type': 'application/problem+json',
    ...headers,
  });

function judged(requests: PlannedRequest[], received: string, changes: Partial<ConnectionRecord> = {}) {
  const record: ConnectionRecord = {
    answers: [],
    interim: [],
    whole: requests.length,
    begun: requests.length,
    due: requests.length,
    unreadable: undefined,
    rest: Buffer.alloc(0),
    endedBy: 'client',
    error: undefined,
    isHalfClosed: false,
    keptOpen: false,
    ...changes,
  };
  readAnswers(record, Buffer.from(received), requests);
  const context = { idOf: (who: string) => `id-of-${who}`, requestIds: new Set<string>() };
  return judgeConnection({ requests }, record, context).map(({ kind }) => kind);
}

describe('a connection', () => {
  it('is sound when each request has its answer, in their order', () => {
    expect(judged([asking('/a'), asking('/b?c=d')], problem(404, '/a') + problem(404, '/b'))).toEqual([]);
  });

  it('is found out when two answers are mixed up', () => {
    const kinds = judged([asking('/a'), asking('/b')], problem(404, '/b') + problem(404, '/a'));
    expect(kinds).toEqual(['the answer to another request', 'the answer to another request']);
  });

  it('is found out when somebody is told of the account of another', () => {
    const me = asking('/v1/me', { who: 'alice', expects: { statuses: [200], account: 'alice' } });
    expect(judged([me], answer(200, '{"id":"id-of-alice"}'))).toEqual([]);
    expect(judged([me], answer(200, '{"id":"id-of-bob"}'))).toEqual(['the answer to another request']);
  });

  it('is found out when there is an answer more than there are requests', () => {
    expect(judged([asking('/a')], problem(404, '/a') + problem(404, '/a'))).toEqual(['an answer to nothing']);
  });

  it('is found out when an answer is given twice', () => {
    const twice = problem(404, '/a');
    expect(judged([asking('/a'), asking('/a')], twice + twice)).toEqual(['an answer given twice']);
  });

  it('is found out when a part of a request is answered as one', () => {
    const kinds = judged(
      [asking('/a', { isLast: true }), asking('/b')],
      problem(404, '/a') + problem(404, '/smuggled/1'),
    );
    expect(kinds).toEqual(['a part of a request was answered as a request']);
  });

  it('is found out when anything is answered behind the last request, but not when that is refused', () => {
    const requests = [asking('/a', { isLast: true }), asking('/b')];
    expect(judged(requests, problem(404, '/a'))).toEqual([]);
    expect(judged(requests, problem(404, '/a') + problem(404, '/b'))).toEqual([
      'an answer behind the last one',
    ]);
    expect(judged(requests, problem(404, '/a') + problem(400, '', { connection: 'close' }))).toEqual([]);
    expect(
      judged([asking('/a'), asking('/b')], problem(404, '/a', { connection: 'close' }) + problem(404, '/b')),
    ).toEqual(['an answer behind the last one']);
  });

  it('is found out when a request stays unanswered, unless the answer before said that it is the last', () => {
    const requests = [asking('/a'), asking('/b')];
    expect(judged(requests, problem(404, '/a'))).toEqual(['no answer']);
    expect(judged(requests, problem(404, '/a'), { endedBy: 'server', error: 'ECONNRESET' })).toEqual([
      'no answer',
    ]);
    expect(judged(requests, '', { endedBy: 'server' })).toEqual(['no answer']);
    expect(judged(requests, problem(404, '/a', { connection: 'close' }), { endedBy: 'server' })).toEqual([]);
  });

  it('may lose an answer to a reset that the client has brought about with what it sent behind the request', () => {
    expect(judged([asking('/a'), asking('/b')], '', { endedBy: 'server', error: 'ECONNRESET' })).toEqual([]);
  });

  it('owes nothing to a client that did not wait', () => {
    expect(judged([asking('/a')], '', { due: 0 })).toEqual([]);
    expect(judged([asking('/a')], 'HTTP/1.1 404 Not', { due: 0 })).toEqual([]);
  });

  it('is found out when the server ends it in the middle of an answer', () => {
    expect(judged([asking('/a')], 'HTTP/1.1 404 Not', { endedBy: 'server' })).toEqual([
      'an unreadable answer',
    ]);
  });

  it('is found out when bytes come that are no answer', () => {
    expect(judged([asking('/a')], `${problem(404, '/a')}0\r\n\r\n`)).toEqual(['an unreadable answer']);
  });

  it('is found out when a status cannot be', () => {
    expect(judged([asking('/a')], problem(502, '/a'))).toEqual(['an unexpected answer']);
    expect(judged([asking('/a')], problem(429, '/a'))).toEqual([]);
    expect(judged([asking('/a')], `HTTP/1.1 100 Continue\r\n\r\n${problem(404, '/a')}`)).toEqual([
      'an unexpected answer',
    ]);
    const expecting = asking('/a', { headers: [['expect', '100-continue']] });
    expect(judged([expecting], `HTTP/1.1 100 Continue\r\n\r\n${problem(404, '/a')}`)).toEqual([]);
  });

  it('may refuse a request early that has not come whole, and nothing else', () => {
    const part = { whole: 0, due: 0 };
    expect(judged([asking('/a')], problem(413, '/a'), part)).toEqual([]);
    expect(judged([asking('/a')], answer(200, 'granted'), part)).toEqual(['an unexpected answer']);
    const ended = problem(404, '/a') + problem(400, '', { connection: 'close' });
    expect(judged([asking('/a')], ended, part)).toEqual([]);
  });
});
