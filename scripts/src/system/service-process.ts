import type { ServerDefinition } from '../processes/server.ts';
import { waitUntil } from '../processes/wait-until.ts';
import type { ServiceAddress } from './service-environment.ts';

const READY_WITHIN_MS = 60_000;
// A little more than the service's own SHUTDOWN_TIMEOUT_MS.
const STOP_GRACE_MS = 15_000;

/** One process of a service, run from its folder with this Node. */
export function serviceProcess(
  name: string,
  address: ServiceAddress,
  folder: string,
  environment: () => NodeJS.ProcessEnv,
): ServerDefinition {
  return {
    name,
    port: address.port,
    stopGraceMs: STOP_GRACE_MS,
    spec: async () => ({
      command: process.execPath,
      args: ['src/main.ts'],
      cwd: folder,
      env: environment(),
    }),
    async waitUntilReady(signal) {
      const wait = {
        limitMs: READY_WITHIN_MS,
        everyMs: 100,
        what: `${name} on port ${address.port}`,
        signal,
      };
      await waitUntil(() => isReady(address.adminPort), wait);
    },
  };
}

/** Whether /readyz of an admin port answers 200. */
export async function isReady(adminPort: number): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${adminPort}/readyz`;
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}
