import { afterAll, afterEach } from 'vitest';
import { agree, startAuthStandIn } from './auth-stand-in.ts';
import { startService } from './running-service.ts';

/** Starts a service with auth-service at its side, for the tests of a file. After each of them every grant is granted again. */
export async function startServiceWithLedger(options?: Parameters<typeof startService>[0]) {
  const auth = await startAuthStandIn();
  const service = await startService(options);
  afterEach(() => {
    auth.decide = agree;
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await auth[Symbol.asyncDispose]();
  });
  return { auth, service };
}
