import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { startFakeService } from './support/fake-service.ts';
import { startTestBed } from './support/gateway.ts';
import { accessToken } from './support/tokens.ts';

it('a request in work is finished, and its connection closes', async () => {
  const bed = await startTestBed();
  const held = Promise.withResolvers<void>();
  bed.auth.answer = (_request, response) => void held.promise.then(() => response.end('{}'));
  const answer = fetch(`${bed.url}/v1/me`, { headers: { authorization: `Bearer ${accessToken(bed.keys)}` } });
  await vi.waitFor(() => expect(bed.auth.received).toHaveLength(1));
  const stopped = bed.stop();
  await vi.waitFor(async () => {
    await expect(fetch(`${bed.url}/healthz`)).rejects.toThrow();
  });
  held.resolve();
  const { status, headers } = await answer;
  expect(status).toBe(200);
  expect(headers.get('connection')).toBe('close');
  await stopped;
});

it('safe requests survive a restart of their service', async () => {
  const bed = await startTestBed({ env: { ROUTES_FILE: 'test/support/routes.yaml' } });
  try {
    expect((await fetch(`${bed.url}/open`)).status).toBe(200);
    const { port } = bed.auth;
    await bed.auth.stop();
    bed.auth = await startFakeService(
      'auth-service',
      { id: 'k1', secret: 'auth-service'.padEnd(32, '_') },
      port,
    );
    expect((await fetch(`${bed.url}/open`)).status).toBe(200);
    expect(bed.auth.received).toMatchObject([{ identity: { userId: '' } }]);
  } finally {
    await bed.stop();
  }
});

it('a gateway with a wrong environment lists all problems and exits with 78', async () => {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { PATH: process.env['PATH'], PORT: 'x', TRUST_PROXY: 'all' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(78);
  const names = [
    'AUTH_SERVICE_URL',
    'GAME_EVENT_SERVICE_URL',
    'GATEWAY_SIGNING_KEYS',
    'TOKEN_ISSUER',
    'PORT',
  ];
  for (const name of [...names, 'TRUST_PROXY']) expect(said).toContain(`${name}: `);
});
