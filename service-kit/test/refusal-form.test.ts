import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEndpoint, DomainError, openApiDocument, reply, type RefusalForm } from '../src/http/index.ts';
import { startApp } from './running-app.ts';

/** Bodies hold only a code, and each status below 500 becomes 400. */
const refusals: RefusalForm = {
  body: z.object({ error: z.string() }).meta({ id: 'RefusalFormTestError' }),
  answer: ({ status, code, headers }) => reply(status < 500 ? 400 : status, { error: code }, headers),
};
const problems = { jammed: { status: 429, title: 'Jammed' } };

const turn = defineEndpoint({
  method: 'POST',
  path: '/turn',
  operationId: 'turn',
  summary: 'Takes a form and nothing else',
  tag: 'test',
  access: 'public',
  acceptsForm: 'only',
  acceptsBasic: true,
  request: { body: z.strictObject({ key: z.string() }) },
  responses: { 200: { description: 'Turned', body: z.string() } },
  problems: ['jammed'],
  refusals,
  handle: async ({ body }) => {
    if (body.key === 'bent') throw new DomainError('jammed', undefined, { headers: { 'retry-after': '7' } });
    if (body.key === 'broken') throw new Error('it broke');
    return reply(200, body.key);
  },
});
const anonymous = { userId: '', sessionId: '', roles: [], scopes: [], clientAddress: '203.0.113.7' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('an endpoint with refusals of its own form', () => {
  it.each([
    ['the domain', form, 'key=bent', 400, 'jammed'],
    ['a value of the wrong shape', form, 'key=a&key=b', 400, 'invalid_request'],
    [
      'JSON in the place of a form',
      { 'content-type': 'application/json' },
      '{}',
      400,
      'unsupported_media_type',
    ],
    ['a failure that nobody foresaw', form, 'key=broken', 500, 'internal_error'],
  ])('answers in that form when it is refused for %s', async (_reason, headers, body, status, error) => {
    const { call } = await startApp({ endpoints: [turn], problems });
    const answer = await call('POST /turn', { as: anonymous, headers, body });
    expect(answer).toMatchObject({ status, body: { error } });
    expect(answer.headers.get('content-type')).toContain('application/json');
  });

  it('keeps the headers of the refusal', async () => {
    const { call } = await startApp({ endpoints: [turn], problems });
    const answer = await call('POST /turn', { as: anonymous, headers: form, body: 'key=bent' });
    expect(answer.headers.get('retry-after')).toBe('7');
  });

  it('is described by its form body, its own errors, and Basic as one of the ways', () => {
    const about = { title: 'Test', version: '1.2.3', description: 'For the test' };
    const document = openApiDocument({ ...about, endpoints: [turn], problems });
    const operation = ['paths', '/turn', 'post'];
    const content = [...operation, 'requestBody', 'content'];
    expect(document).toHaveProperty([...content, 'application/x-www-form-urlencoded']);
    expect(document).not.toHaveProperty([...content, 'application/json']);
    expect(document).toHaveProperty([...operation, 'security'], [{ basic: [] }, {}]);
    expect(document).toHaveProperty('components.securitySchemes.basic.scheme', 'basic');
    const schema = { schema: { $ref: '#/components/schemas/RefusalFormTestError' } };
    expect(document).toHaveProperty([...operation, 'responses', '400', 'content'], {
      'application/json': schema,
    });
    expect(document).toHaveProperty([...operation, 'responses', '500', 'content'], {
      'application/json': schema,
    });
    expect(document).not.toHaveProperty([...operation, 'responses', '429']);
  });
});
