import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger, type Logger, type LogLevel } from './index.ts';

function capture(level: LogLevel = 'info'): { logger: Logger; lines: () => Record<string, unknown>[] } {
  const destination = new PassThrough();
  const logger = createLogger({ service: 'test-service', level, destination });
  const lines = (): Record<string, unknown>[] =>
    String(destination.read() ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, lines };
}

describe('createLogger', () => {
  it('writes one JSON object a line with time, level, service and message first', () => {
    const { logger, lines } = capture();
    logger.info('Listening', { port: 3001 });
    const [line = {}] = lines();
    expect(line).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'info',
      service: 'test-service',
      message: 'Listening',
      port: 3001,
    });
    expect(Object.keys(line).slice(0, 4)).toEqual(['timestamp', 'level', 'service', 'message']);
  });

  it('drops lines below its level', () => {
    const { logger, lines } = capture('warn');
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines().map(({ level }) => level)).toEqual(['warn', 'error']);
  });

  it('adds the fields of all ancestors to the lines of a child', () => {
    const { logger, lines } = capture();
    logger.child({ requestId: 'r1' }).child({ traceId: 't1' }).info('request', { status: 200 });
    expect(lines()[0]).toMatchObject({ requestId: 'r1', traceId: 't1', status: 200 });
  });

  it('lets no field replace time, level, service or message', () => {
    const { logger, lines } = capture();
    logger.info('real', { message: 'fake', level: 'error', service: 'other', timestamp: 'never' });
    expect(lines()[0]).toMatchObject({ message: 'real', level: 'info', service: 'test-service' });
  });

  it('hides the values of secret keys at any depth and in any spelling', () => {
    const { logger, lines } = capture();
    const secrets = {
      password: 's3cret',
      newPassword: 's3cret',
      refresh_token: 's3cret',
      Authorization: 'Bearer s3cret',
      'set-cookie': ['s3cret'],
      deviceId: 's3cret',
      tokens: { accessToken: 's3cret' },
    };
    logger.info('request', { ...secrets, list: [{ inner: secrets }], map: new Map([['apiKey', 's3cret']]) });
    const [line] = lines();
    expect(JSON.stringify(line)).not.toContain('s3cret');
    expect(line).toMatchObject({ password: '[redacted]', list: [{ inner: { tokens: '[redacted]' } }] });
  });

  it('keeps numbers and booleans, which are no secrets', () => {
    const { logger, lines } = capture();
    logger.info('swept', { tokens: 3, passwordChanged: true });
    expect(lines()[0]).toMatchObject({ tokens: 3, passwordChanged: true });
  });

  it('writes errors with code, stack and cause, and without the passwords of their URLs', () => {
    const { logger, lines } = capture();
    const cause = Object.assign(new Error('connect amqp://guest:hunter2@broker:5672 failed'), {
      code: 'ECONNREFUSED',
    });
    logger.error('Could not connect', { error: new Error('no broker', { cause }) });
    const [line] = lines();
    expect(line).toMatchObject({
      error: {
        name: 'Error',
        message: 'no broker',
        stack: expect.stringContaining('logger.test.ts'),
        cause: { message: 'connect amqp://guest:***@broker:5672 failed', code: 'ECONNREFUSED' },
      },
    });
    expect(JSON.stringify(line)).not.toContain('hunter2');
  });

  it('still writes the message when its fields cannot be written', () => {
    const { logger, lines } = capture();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    logger.error('Failed', { cycle, big: 1n });
    logger.error('Counted', { big: 1n });
    expect(lines()).toMatchObject([
      { message: 'Failed', unloggable: expect.stringContaining('circular') },
      { message: 'Counted', big: '1' },
    ]);
  });
});
