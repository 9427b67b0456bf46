import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { readableLine } from './log-view.ts';

const plain = (name: string, line: string) => stripVTControlCharacters(readableLine(name, line));

it('a JSON line is shown with process, level, message and fields', () => {
  const line = JSON.stringify({
    level: 'warn',
    service: 'auth-service',
    message: 'slow',
    ms: 12,
    path: '/v1/me',
  });
  expect(plain('auth-service', line)).toBe('auth-service       warn  slow  ms=12 path=/v1/me');
});

it.each(['Error: boom', '{ not json', '[1]'])('%s, which is no log entry, is shown as it came', (line) => {
  expect(plain('api-gateway', line)).toBe(`api-gateway         ${line}`);
});
