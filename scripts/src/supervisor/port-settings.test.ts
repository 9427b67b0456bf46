import { expect, it } from 'vitest';
import { mustBeFree, readAddresses } from './port-settings.ts';

const allFree = async () => true;

it('the ports are those of the design unless a variable says otherwise', () => {
  expect(readAddresses({ EVENT_PORT: '4002' })).toEqual({
    'api-gateway': [{ port: 3000, adminPort: 3100 }],
    'auth-service': [{ port: 3001, adminPort: 3101 }],
    'game-event-service': [{ port: 4002, adminPort: 3102 }],
  });
});

it.each(['0', '65536', '80a', '3000.5', '-1'])('%s is no port, and the variable is named', (text) => {
  expect(() => readAddresses({ AUTH_PORT: text })).toThrow(
    `AUTH_PORT must be a port between 1 and 65535, not "${text}".`,
  );
});

it('a port in use is one sentence with the port and its variable', async () => {
  await expect(mustBeFree({}, async (port) => port !== 3101)).rejects.toThrow(
    /^Port 3101 is in use: stop what listens there, or set AUTH_ADMIN_PORT to another port\.$/,
  );
});

it('one port for two purposes is refused before anything starts', async () => {
  await expect(mustBeFree({ AUTH_PORT: '3000' }, allFree)).rejects.toThrow(
    'GATEWAY_PORT and AUTH_PORT are both 3000',
  );
});

it('free ports are accepted', async () => {
  await expect(mustBeFree({}, allFree)).resolves.toBeUndefined();
});
