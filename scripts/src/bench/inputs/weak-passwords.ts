import { packageDirectory, serviceNames } from '../../repository/packages.ts';
import { PrivateSystem } from '../../system/private-system.ts';
import { urlOf } from '../../system/service-environment.ts';
import { installPackage } from '../../toolchain/install-package.ts';
import { usualPlans, type Benchmark, type Candidate } from '../benchmark.ts';
import { percentile } from '../statistics.ts';

const CONNECTIONS = 4;
const WEAK = '1'.repeat(128);
const PAUSE_MS = 5;

/** Whether weak passwords of strangers hold up what auth-service does for others. */
export const weakPasswords: Benchmark = {
  name: 'weak-passwords',
  summary: `/healthz of auth-service while ${CONNECTIONS} connections send registrations with a weak password of 128 characters`,
  plans: usualPlans,
  prepare: async () => {
    for (const service of serviceNames) await installPackage(packageDirectory(service));
    const privateSystem = await PrivateSystem.start({
      // So that every password is judged.
      overrides: { 'auth-service': { NEW_ACCOUNTS_PER_ADDRESS: '1000000' } },
    });
    const { system } = privateSystem;
    const health = `${urlOf(system.instances.find(({ service }) => service === 'auth-service')?.address)}/healthz`;
    return {
      processes: system.servers,
      candidates: [0, CONNECTIONS].map((connections) => candidate(connections, system.url, health)),
      verify: async () => undefined,
      stop: () => privateSystem.stop(),
    };
  },
};

function candidate(connections: number, url: string, health: string): Candidate {
  return {
    name: connections === 0 ? 'nobody' : `${connections} connections`,
    prepare: async (durationMs) => async () => {
      const endsAt = performance.now() + durationMs;
      const statuses = new Map<number, number>();
      const latenciesMs: number[] = [];

      async function attack(): Promise<void> {
        while (performance.now() < endsAt) {
          const answer = await fetch(`${url}/v1/auth/register`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ username: 'somebody', password: WEAK }),
          });
          await answer.arrayBuffer();
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        }
      }

      async function ask(): Promise<void> {
        while (performance.now() < endsAt) {
          const startedAt = performance.now();
          await (await fetch(health)).arrayBuffer();
          latenciesMs.push(performance.now() - startedAt);
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
      }

      await Promise.all([ask(), ...Array.from({ length: connections }, attack)]);
      return {
        'healthz p50 ms': percentile(latenciesMs, 0.5),
        'healthz p99 ms': percentile(latenciesMs, 0.99),
        'healthz max ms': Math.max(...latenciesMs),
        'weak passwords refused': statuses.get(400) ?? 0,
        'too many (429)': statuses.get(429) ?? 0,
        'too busy (503)': statuses.get(503) ?? 0,
      };
    },
  };
}
