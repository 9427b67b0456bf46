import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { openApiDocument } from './open-api.ts';
import { reply } from './send.ts';

const Claim = z.object({ id: z.string() }).meta({ id: 'OpenApiTestClaim' });
const createClaim = defineEndpoint({
  method: 'POST',
  path: '/v1/events/{eventId}/claims',
  operationId: 'createClaim',
  summary: 'Claim a reward',
  tag: 'claims',
  access: { roles: ['USER'] },
  request: {
    params: z.object({ eventId: z.string() }),
    body: z.strictObject({ rewardId: z.string() }).optional(),
  },
  responses: { 201: { description: 'Granted', body: Claim } },
  problems: ['out_of_stock', 'cap_reached'],
  handle: async () => reply(201, { id: 'clm_1' }),
});
const problems = {
  out_of_stock: { status: 409, title: 'Out of stock' },
  cap_reached: { status: 409, title: 'Cap reached' },
};
const options = { title: 'Test', version: '1.2.3', description: 'For the test', problems };

describe('openApiDocument', () => {
  const document = openApiDocument({ ...options, endpoints: [createClaim] });
  const operation = ['paths', '/v1/events/{eventId}/claims', 'post'];

  it('is OpenAPI 3.1 with a bearer token', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Test', version: '1.2.3' } });
    expect(document).toHaveProperty('components.securitySchemes.bearer.scheme', 'bearer');
    expect(document).toHaveProperty([...operation, 'security'], [{ bearer: [] }]);
    expect(document).toHaveProperty([...operation, 'description'], 'For roles USER, ADMIN.');
  });

  it('describes the input', () => {
    expect(document).toHaveProperty([...operation, 'parameters', 0, 'name'], 'eventId');
    expect(document).toHaveProperty([...operation, 'requestBody', 'required'], false);
    expect(document).toHaveProperty(
      [...operation, 'requestBody', 'content', 'application/json', 'schema', 'additionalProperties'],
      false,
    );
  });

  it('describes the output by named schemas', () => {
    const schema = [...operation, 'responses', '201', 'content', 'application/json', 'schema'];
    expect(document).toHaveProperty(schema, { $ref: '#/components/schemas/OpenApiTestClaim' });
    expect(document).toHaveProperty('components.schemas.OpenApiTestClaim.type', 'object');
  });

  it('describes a body that the handler reads itself, and an answer of one type or another', () => {
    const upload = defineEndpoint({
      method: 'POST',
      path: '/v1/codes',
      operationId: 'addCodes',
      summary: 'Add codes',
      tag: 'codes',
      access: { roles: ['OPERATOR'] },
      rawBody: ['text/csv', 'application/x-ndjson'],
      responses: { 200: { description: 'As they came', contentType: ['text/csv', 'application/x-ndjson'] } },
      handle: async () => reply(200, ''),
    });
    const document = openApiDocument({ ...options, endpoints: [upload] });
    const text = { schema: { type: 'string' } };
    const content = { 'text/csv': text, 'application/x-ndjson': text };
    const operation = ['paths', '/v1/codes', 'post'];
    expect(document).toHaveProperty([...operation, 'requestBody'], { required: true, content });
    expect(document).toHaveProperty([...operation, 'responses', '200', 'content'], content);
    expect(document).toHaveProperty([...operation, 'responses', '415']);
    expect(document).not.toHaveProperty([...operation, 'responses', '413']);
  });

  it('describes a status as the endpoint does', () => {
    const own = { description: 'None left', body: z.object({ left: z.int() }) };
    const endpoint = { ...createClaim, responses: { ...createClaim.responses, 409: own } };
    const document = openApiDocument({ ...options, endpoints: [endpoint] });
    expect(document).toHaveProperty([...operation, 'responses', '409', 'description'], 'None left');
  });

  it("names every problem under its status, also the kit's", () => {
    const inContent = [
      'content',
      'application/problem+json',
      'schema',
      'allOf',
      1,
      'properties',
      'code',
      'enum',
    ];
    const codes = (status: number) => [...operation, 'responses', String(status), ...inContent];
    expect(document).toHaveProperty(codes(409), ['out_of_stock', 'cap_reached']);
    expect(document).toHaveProperty(codes(400), ['ambiguous_path', 'malformed_json', 'invalid_request']);
    expect(document).toHaveProperty(codes(401), ['unauthenticated']);
    expect(document).toHaveProperty(codes(403), ['forbidden']);
    expect(document).toHaveProperty(codes(413), ['payload_too_large']);
    expect(document).toHaveProperty(codes(503), ['service_unavailable']);
  });

  it('needs no token for a public endpoint', () => {
    const open = { ...createClaim, access: 'public' } as const;
    const document = openApiDocument({ ...options, endpoints: [open] });
    expect(document).toHaveProperty([...operation, 'security'], []);
    expect(document).not.toHaveProperty([...operation, 'responses', '401']);
  });

  it('needs the signature of a service, and no token, for an internal endpoint', () => {
    const internal = { ...createClaim, access: 'internal' } as const;
    const document = openApiDocument({ ...options, endpoints: [internal] });
    expect(document).toHaveProperty([...operation, 'security'], [{ internal: [] }]);
    expect(document).toHaveProperty('components.securitySchemes.internal.name', 'x-internal-signature');
    expect(document).toHaveProperty([...operation, 'responses', '401']);
    expect(document).not.toHaveProperty([...operation, 'responses', '403']);
    const other = openApiDocument({ ...options, endpoints: [createClaim] });
    expect(other).not.toHaveProperty('components.securitySchemes.internal');
  });

  it('refuses a documented code that has no status', () => {
    const wrong = { ...createClaim, problems: ['unheard_of'] };
    expect(() => openApiDocument({ ...options, endpoints: [wrong] })).toThrow(/unheard_of/);
  });
});
