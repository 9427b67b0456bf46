import type { RawRequest } from './raw-request.ts';

/** A request that could hold an event loop for long. */
export interface Input {
  /** Method and path, as the routing table has them. */
  route: string;
  name: string;
  request: RawRequest;
  /** Makes an access token for each request, where one is needed: an old one is not good any more. */
  token?: () => string;
}

const MIB = 1_048_576;
const HEADER_BYTES = 15_000;
const SHORT = 'a'.repeat(16);

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** As many pieces as fit, between a beginning and an end. */
function filled(start: string, piece: (index: number) => string, end: string, bytes = MIB): Buffer {
  const parts = [start];
  let size = Buffer.byteLength(start) + Buffer.byteLength(end);
  for (let index = 0; ; index += 1) {
    const part = piece(index);
    size += Buffer.byteLength(part);
    if (size > bytes) break;
    parts.push(part);
  }
  return Buffer.from([...parts, end].join(''));
}

/** Bodies at the size limit that no route accepts as its JSON object. */
const anyJson: Record<string, Buffer> = {
  'unknown fields': filled('{"a":1', (index) => `,"k${index}":1`, '}'),
  'unknown fields with __proto__ last': filled('{"a":1', (index) => `,"k${index}":1`, ',"__proto__":1}'),
  'an array of zeros': filled('[0', () => ',0', ']'),
  'an array of empty objects': filled('[{}', () => ',{}', ']'),
  'arrays nested 64 deep': filled('[0', () => `,${'['.repeat(60)}${']'.repeat(60)}`, ']'),
  'arrays nested without an end': Buffer.alloc(MIB, '['),
  'escapes that could spell __proto__': filled('{"\\u005f":[{}', () => ',{"a":0}', ']}'),
  'one number': filled('{"a":1', () => '1', '}'),
  'one text of escapes': filled('{"a":"', () => '\\u0041', '"}'),
};

const textsOf: Record<string, (bytes: number) => string> = {
  'of 1 MiB': (bytes) => 'a'.repeat(bytes),
  'of 1 MiB of marks': (bytes) => '\u0323\u0307'.repeat(bytes / 4),
  'of 1 MiB that NFKC makes longer': (bytes) => '\uFDFA'.repeat(bytes / 3),
  'of 1 MiB of spaces': (bytes) => `a${' '.repeat(bytes - 2)}a`,
};

/** Fields that a route takes as text, and what goes with them so that everything else is right. */
const textFields: Record<string, { fields: string[]; valid: Record<string, string> }> = {
  '/v1/auth/register': {
    fields: ['username', 'password', 'email', 'displayName', 'inviteCode'],
    valid: { username: 'worst-input', password: 'zebra-tooth-91' },
  },
  '/v1/auth/guest': { fields: ['deviceId'], valid: {} },
  '/v1/auth/login': { fields: ['username', 'password'], valid: { username: SHORT, password: SHORT } },
  '/v1/auth/refresh': { fields: ['refreshToken'], valid: {} },
  '/v1/auth/password-reset': {
    fields: ['token', 'newPassword'],
    valid: { token: SHORT, newPassword: SHORT },
  },
};

function jsonInputs(): Input[] {
  return Object.entries(textFields).flatMap(([target, { fields, valid }]) => {
    const of = (name: string, body: Buffer, chunkBytes?: number): Input => ({
      route: `POST ${target}`,
      name,
      request: {
        method: 'POST',
        target,
        headers: json,
        body,
        ...(chunkBytes !== undefined && { chunkBytes }),
      },
    });
    const texts = fields.flatMap((field) =>
      Object.entries(textsOf).map(([name, make]) =>
        of(`${field} ${name}`, Buffer.from(JSON.stringify({ ...valid, [field]: make(MIB - 300) }))),
      ),
    );
    const bodies = Object.entries(anyJson).map(([name, body]) => of(name, body));
    return bodies.concat(texts, of('a body in chunks of one byte', Buffer.alloc(100_000, ' '), 1));
  });
}

/** Passwords within the limit, which are judged; each of these takes the estimator long. */
function passwordInputs(): Input[] {
  const worst = ['1'.repeat(128), 'p4ssw0rd'.repeat(16), '11/11/1111/'.repeat(11), '12011201'.repeat(16)];
  return worst.map((password, index) => ({
    route: 'POST /v1/auth/register',
    name: `password ${password.slice(0, 11)}… of ${password.length}`,
    request: {
      method: 'POST',
      target: '/v1/auth/register',
      headers: json,
      body: Buffer.from(JSON.stringify({ username: `worst-${index}`, password })),
    },
  }));
}

function formInputs(): Input[] {
  const bodies: Record<string, Buffer> = {
    'nothing but ampersands': Buffer.alloc(MIB, '&'),
    'fields without an end': filled('a=1', (index) => `&k${index}=1`, ''),
    'one value of escapes': filled('grant_type=', () => '%41', ''),
    'one value of broken escapes': Buffer.concat([Buffer.from('grant_type='), Buffer.alloc(MIB - 11, '%')]),
    'a hundred long fields': filled(
      'token=a',
      (index) => (index < 99 ? `&k${index}=${'%41'.repeat(3_400)}` : ' '.repeat(MIB)),
      '',
    ),
    'a token of 4,096 characters': Buffer.from(
      `token=${'a'.repeat(2_000)}.${'b'.repeat(2_000)}.c&client_id=x&client_secret=y`,
    ),
    'a scope of 4,096 characters': Buffer.from(
      `grant_type=client_credentials&client_id=x&client_secret=y&scope=${'a+'.repeat(2_048)}`,
    ),
    'a password that NFKC makes longer': Buffer.from(
      `grant_type=password&username=a&password=${encodeURIComponent('\uFDFA'.repeat(512))}`,
    ),
  };
  const basic = `Basic ${Buffer.from(`${'a%41'.repeat(1_800)}:${'+'.repeat(3_000)}`).toString('base64')}`;
  return ['/oauth/token', '/oauth/introspect', '/oauth/revoke'].flatMap((target) => {
    const of = (name: string, body: Buffer, headers = {}): Input => ({
      route: `POST ${target}`,
      name,
      request: { method: 'POST', target, headers: { ...form, ...headers }, body },
    });
    const credentials = of(
      'Basic credentials of 13 KB',
      Buffer.from('token=a&grant_type=client_credentials'),
      {
        authorization: basic,
      },
    );
    return Object.entries(bodies)
      .map(([name, body]) => of(name, body))
      .concat(credentials);
  });
}

const segments = (piece: string): string => piece.repeat(Math.floor(HEADER_BYTES / piece.length));
const tokenOf = (payload: string): string =>
  ['{"alg":"ES256","typ":"at+jwt","kid":"bench"}', payload, 'x'.repeat(64)]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

/** Heads at the limit of Node's parser. */
const heads: Record<string, Record<string, string>> = {
  'Connection with 7,000 names': { connection: `close,${segments('a,')}` },
  'If-None-Match with 3,700 tags': { 'if-none-match': segments('"a",') },
  'If-Match with 3,700 tags': { 'if-match': segments('"a",') },
  'Cookie of 15 KB': { cookie: segments('a=b; ') },
  'Idempotency-Key of 15 KB': { 'idempotency-key': segments('a') },
  'Accept-Encoding with 5,000 codings': { 'accept-encoding': segments('gz,') },
  'Accept-Encoding of spaces': { 'accept-encoding': `gzip${' '.repeat(HEADER_BYTES)};q=1` },
  'Accept with 3,700 types': { accept: segments('*/*,') },
  'X-Forwarded-For with 1,800 addresses': { 'x-forwarded-for': segments('10.0.0.1,') },
  'Range with 3,700 ranges': { range: `bytes=${segments('0-1,')}` },
  'traceparent of 15 KB': { traceparent: segments('0-') },
  'X-Request-Id of 15 KB': { 'x-request-id': segments('a') },
  'a token with a payload of 10 KB': { authorization: `Bearer ${tokenOf(`{"a":"${'x'.repeat(10_000)}"}`)}` },
  'a token with a payload nested 5,000 deep': {
    authorization: `Bearer ${tokenOf(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)}`,
  },
  'a token of dots': { authorization: `Bearer ${segments('.')}` },
  'Authorization of spaces': { authorization: `Bearer${' '.repeat(HEADER_BYTES)}x` },
  '1,800 headers': Object.fromEntries(Array.from({ length: 1_800 }, (_, index) => [`x${index}`, 'a'])),
};

const targets: Record<string, (path: string) => string> = {
  'a query with 7,000 parameters': (path) => `${path}?${segments('a&')}`,
  'a query of escapes': (path) => `${path}?a=${segments('%41')}`,
  'a query of broken escapes': (path) => `${path}?a=${segments('%')}`,
  'a path with 5,000 segments': (path) => `${path}/${segments('ab/')}a`,
  'a path of escapes': (path) => `${path}/${segments('%41')}`,
};

function headInputs(): Input[] {
  const paths = [
    '/healthz',
    '/readyz',
    '/openapi.json',
    '/docs',
    '/nothing-here',
    '/.well-known/jwks.json',
    '/.well-known/oauth-authorization-server',
    '/v1/me',
    '/v1/events',
  ];
  return paths.flatMap((path) => {
    const of = (name: string, target: string, headers: Record<string, string> = {}): Input => ({
      route: `GET ${path}`,
      name,
      request: { method: 'GET', target, headers },
    });
    return [of('nothing special', path)].concat(
      Object.entries(heads).map(([name, headers]) => of(name, path, headers)),
      Object.entries(targets).map(([name, target]) => of(name, target(path))),
    );
  });
}

/** Everything that a client can send without an account. */
export function anonymousInputs(): Input[] {
  return [...passwordInputs(), ...jsonInputs(), ...formInputs(), ...headInputs()];
}
