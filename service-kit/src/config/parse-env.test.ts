import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import {
  ConfigError,
  type ConfigProblem,
  duration,
  durationList,
  flag,
  hostNames,
  integer,
  oneOf,
  optional,
  parseEnv,
  port,
  positiveNumber,
  scopedSecretList,
  secret,
  secretList,
  text,
  url,
  type Variables,
} from './index.ts';

const SECRET = 'abcdefghijklmnopqrstuvwxyz012345';

function problemsOf(env: NodeJS.ProcessEnv, variables: Variables): readonly ConfigProblem[] {
  try {
    parseEnv(env, variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function isRefused(value: string, schema: z.ZodType): boolean {
  return problemsOf({ VARIABLE: value }, { VARIABLE: schema }).length > 0;
}

describe('parseEnv', () => {
  it('gives every variable its type', () => {
    const parsed = parseEnv(
      { PORT: '3001', LEVEL: 'warn', TTL: '10m', KEYS: `a:${SECRET}` },
      {
        PORT: port(),
        LEVEL: oneOf(['info', 'warn'], 'info'),
        TTL: duration(),
        KEYS: secretList(),
        NAME: optional(text()),
        DEBUG: flag(false),
      },
    );
    expect(parsed).toEqual({
      PORT: 3001,
      LEVEL: 'warn',
      TTL: 600_000,
      KEYS: [{ id: 'a', secret: SECRET }],
      NAME: undefined,
      DEBUG: false,
    });
    expectTypeOf(parsed.PORT).toEqualTypeOf<number>();
    expectTypeOf(parsed.LEVEL).toEqualTypeOf<'info' | 'warn'>();
    expectTypeOf(parsed.NAME).toEqualTypeOf<string | undefined>();
  });

  it('reports every problem at once, each with variable, rule and value', () => {
    const variables = {
      PORT: port(3000),
      MODE: oneOf(['a', 'b']),
      WINDOW: integer({ min: 1 }),
      TTL: duration(),
    };
    expect(problemsOf({ PORT: 'http', WINDOW: '0', TTL: '5 minutes' }, variables)).toEqual([
      { variable: 'PORT', rule: 'must be a whole number from 0 to 65535', value: 'http' },
      { variable: 'MODE', rule: 'is missing; it must be one of a, b', value: undefined },
      { variable: 'WINDOW', rule: 'must be a whole number, at least 1', value: '0' },
      { variable: 'TTL', rule: 'must be a duration like 500ms, 5s, 2m, 12h or 30d', value: '5 minutes' },
    ]);
  });

  it('lists all problems in the message', () => {
    const read = () => parseEnv({ PORT: 'x' }, { PORT: port(), NAME: text() });
    expect(read).toThrow(
      [
        '2 problems in the environment:',
        '  PORT: must be a whole number from 0 to 65535 (it is "x")',
        '  NAME: is missing; it must be text',
      ].join('\n'),
    );
  });

  it.each([
    ['a secret', 'AUTH_KEY_MATERIAL', secret()],
    ['a list of secrets', 'GATEWAY', secretList()],
    ['a list of scoped secrets', 'GATEWAY', scopedSecretList()],
    ['a URL, which may hold a password', 'MONGODB_URL', url({ protocols: ['mongodb'] })],
    ['text named like a password', 'BOOTSTRAP_ADMIN_PASSWORD', text({ min: 100 })],
    ['a secret that was refined further', 'AUTH', secret().refine(() => false)],
  ])('never shows the value of %s', (_name, variable, schema) => {
    const problems = problemsOf({ [variable]: 'hunter2' }, { [variable]: schema });
    expect(problems).toHaveLength(1);
    expect(new ConfigError(problems).message).not.toContain('hunter2');
  });

  it('treats an empty variable as missing', () => {
    expect(parseEnv({ PORT: '' }, { PORT: port(3000) })).toEqual({ PORT: 3000 });
    expect(parseEnv({ NAME: ' ' }, { NAME: optional(text()) })).toEqual({ NAME: undefined });
  });

  it('reads only the declared variables', () => {
    expect(parseEnv({ OTHER: 'x' }, {})).toEqual({});
  });
});

describe('the kinds of variable', () => {
  it.each(['-1', '65536', '3000.5', '0x10', '1e3', ''])('refuses %j as a port', (value) => {
    expect(isRefused(value, port())).toBe(true);
  });

  it('reads durations in every unit', () => {
    const read = (TTL: string) => parseEnv({ TTL }, { TTL: duration() }).TTL;
    expect(['500ms', '5s', '2m', '12h', '30d'].map(read)).toEqual([
      500, 5_000, 120_000, 43_200_000, 2_592_000_000,
    ]);
  });

  it.each(['5', '5 s', '-5s', '1.5s', '5sec'])('refuses %j as a duration', (value) => {
    expect(isRefused(value, duration('1s'))).toBe(true);
  });

  it('reads a list of durations with their labels', () => {
    const expected = [
      { label: '5s', ms: 5_000 },
      { label: '2m', ms: 120_000 },
    ];
    expect(parseEnv({ DELAYS: '5s, 2m' }, { DELAYS: durationList() }).DELAYS).toEqual(expected);
    expect(parseEnv({}, { DELAYS: durationList('5s,2m') }).DELAYS).toEqual(expected);
    expect(isRefused('5s,,2m', durationList())).toBe(true);
  });

  it('refuses a fallback that breaks the rule at once', () => {
    expect(() => duration('soon')).toThrow(TypeError);
  });

  it.each([
    'mongodb://127.0.0.1:27017/?replicaSet=rs0',
    'mongodb://user:p,w@a:27017,b:27018,c/db?replicaSet=rs0',
    'mongodb+srv://cluster.example',
  ])('takes %s as a URL', (value) => {
    expect(isRefused(value, url({ protocols: ['mongodb', 'mongodb+srv'] }))).toBe(false);
  });

  it.each(['http://a', 'mongodb://', 'a:27017', 'mongodb://a:port', 'mongodb://a,b:99999'])(
    'refuses %s as a MongoDB URL',
    (value) => {
      expect(isRefused(value, url({ protocols: ['mongodb'] }))).toBe(true);
    },
  );

  it.each([
    ['a short secret', 'a:short'],
    ['another alphabet', `a:${SECRET}+/`],
    ['the same name twice', `a:${SECRET},a:${SECRET}x`],
    ['no name', SECRET],
    ['a scope where none is wanted', `auth-service/a:${SECRET}`],
  ])('refuses a list of secrets with %s', (_name, value) => {
    expect(isRefused(value, secretList())).toBe(true);
  });

  it('keeps the order of scoped secrets, and allows the same name in two scopes', () => {
    const value = `auth-service/new:${SECRET},auth-service/old:${SECRET},game-event-service/new:${SECRET}`;
    const { KEYS } = parseEnv({ KEYS: value }, { KEYS: scopedSecretList() });
    expect(KEYS.map(({ scope, id }) => `${scope}/${id}`)).toEqual([
      'auth-service/new',
      'auth-service/old',
      'game-event-service/new',
    ]);
    expect(isRefused(`a:${SECRET}`, scopedSecretList())).toBe(true);
  });

  it.each([
    ['true', true],
    ['0', false],
  ])('reads the flag %s', (value, expected) => {
    expect(parseEnv({ FLAG: value }, { FLAG: flag(!expected) }).FLAG).toBe(expected);
  });

  it('refuses a flag that is neither true nor false', () => {
    expect(isRefused('yes', flag(false))).toBe(true);
  });

  it('checks the length and pattern of a text', () => {
    const name = text({ min: 2, max: 4, pattern: /^[a-z]+$/ });
    expect(['a', 'abcde', 'AB'].map((value) => isRefused(value, name))).toEqual([true, true, true]);
    expect(isRefused('abc', name)).toBe(false);
  });

  it('reads host names in their canonical form', () => {
    const read = (HOSTS: string) => [...parseEnv({ HOSTS }, { HOSTS: hostNames() }).HOSTS];
    expect(read('Game.example.org., Bücher.example,[0:0::1]')).toEqual([
      'game.example.org',
      'xn--bcher-kva.example',
      '[::1]',
    ]);
    expect([...parseEnv({}, { HOSTS: hostNames('localhost') }).HOSTS]).toEqual(['localhost']);
  });

  it.each(['a:80', 'a.example:', '[::1]:80', '::1', 'a,,b', 'http://a', 'a/b', '*'])(
    'refuses %j as host names',
    (value) => {
      expect(isRefused(value, hostNames())).toBe(true);
    },
  );

  it('reads factors', () => {
    const read = (SCALE: string) =>
      parseEnv({ SCALE }, { SCALE: positiveNumber({ max: 1_000, fallback: 1 }) }).SCALE;
    expect(['0.01', '1', '2.5', '1000', ''].map(read)).toEqual([0.01, 1, 2.5, 1_000, 1]);
  });

  it.each(['0', '0.0', '-1', '1e3', '.5', '1001', 'many'])('refuses %j as a factor up to 1000', (value) => {
    expect(isRefused(value, positiveNumber({ max: 1_000 }))).toBe(true);
  });
});
