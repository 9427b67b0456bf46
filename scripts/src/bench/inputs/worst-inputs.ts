import { PrivateSystem } from '../../system/private-system.ts';
import { freePort } from '../../processes/ports.ts';
import { packageDirectory, serviceNames, type ServiceName } from '../../repository/packages.ts';
import { installPackage } from '../../toolchain/install-package.ts';
import type { Benchmark, Candidate, Figures, Measured } from '../benchmark.ts';
import { makeLiveEvent } from '../claims/claim-stage.ts';
import { median } from '../statistics.ts';
import { startTokenMint } from '../token-mint.ts';
import { anonymousInputs, type Input } from './inputs.ts';
import { sendRaw } from './raw-request.ts';
import { staffInputs } from './staff-inputs.ts';

const MOST_MS = 10;
const NEVER = '1000000';
const PROBE = new URL('loop-probe.ts', import.meta.url).href;

type Probes = Record<ServiceName, string>;

/** How long one request can hold the event loop of each service: the worst that we could think of, at each route. */
export const worstInputs: Benchmark = {
  name: 'worst-inputs',
  summary: `the longest turn of the event loop (CPU ms) that one request causes, at the worst input of each route`,
  // A round is one request, and the first ones compile.
  plans: {
    quick: { rounds: 3, roundMs: 0, warmUpMs: 1 },
    thorough: { rounds: 9, roundMs: 0, warmUpMs: 1 },
  },
  prepare: async () => {
    for (const service of serviceNames) await installPackage(packageDirectory(service));
    const probes = await probesOnFreePorts();
    const mint = await startTokenMint();
    const withProbe = (service: ServiceName, more: Record<string, string> = {}) => ({
      NODE_OPTIONS: `--import=${PROBE}`,
      LOOP_PROBE_PORT: new URL(probes[service] ?? '').port,
      ...more,
    });
    const privateSystem = await PrivateSystem.start({
      overrides: {
        'api-gateway': withProbe('api-gateway', { JWKS_URL: mint.jwksUrl, CONNECTIONS_PER_ADDRESS: NEVER }),
        'auth-service': withProbe('auth-service', {
          NEW_ACCOUNTS_PER_ADDRESS: NEVER,
          LOGIN_FAILURES_PER_ACCOUNT: NEVER,
          LOGIN_FAILURES_PER_ADDRESS: NEVER,
        }),
        'game-event-service': withProbe('game-event-service'),
      },
    }).catch(async (error: unknown) => {
      await mint.stop();
      throw error;
    });
    const { url } = privateSystem.system;
    const account = (accountId: string, ...roles: string[]) =>
      mint.accessToken({ accountId, roles, issuer: url });
    const operator = () => account('acc_bench', 'ADMIN');
    const { eventId } = await makeLiveEvent({ privateSystem, mint });
    const rewardId = await makeCoupon(url, eventId, operator());
    const inputs = [
      ...anonymousInputs(),
      ...staffInputs({
        operator,
        player: () => account('acc_player', 'USER'),
        gameServer: () =>
          mint.clientToken({ clientId: 'cli_bench', scopes: ['activity:write'], issuer: url }),
        eventId,
        rewardId,
      }),
    ];
    return {
      // Not of interest: what one request costs is hardly a tick.
      processes: [],
      candidates: inputs.map((input) => candidate(input, url, probes)),
      verify: async () => undefined,
      stop: async () => {
        await privateSystem.stop();
        await mint.stop();
      },
    };
  },
  conclude: (measured) => {
    const all = measured.map(worstOf);
    const over = all.filter(({ ms }) => ms > MOST_MS);
    return [
      ...new Map(
        all.toSorted((one, other) => one.ms - other.ms).map((one) => [one.route, line(one)]),
      ).values(),
      `${over.length} of ${all.length} inputs above ${MOST_MS} ms`,
      ...over.map((one) => `above: ${line(one)}`),
    ];
  },
};

async function probesOnFreePorts(): Promise<Probes> {
  const at = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;
  return { 'auth-service': await at(), 'game-event-service': await at(), 'api-gateway': await at() };
}

async function makeCoupon(url: string, eventId: string, token: string): Promise<string> {
  const response = await fetch(`${url}/v1/events/${eventId}/rewards`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Voucher', kind: 'coupon', asset: 'voucher', quantity: 1 }),
  });
  if (!response.ok) throw new Error(`the coupon was answered ${response.status}: ${await response.text()}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a reward is by its contract
  return ((await response.json()) as { id: string }).id;
}

function candidate({ route, name, request, token }: Input, url: string, probes: Probes): Candidate {
  return {
    name: `${route.slice(0, 60)}: ${name}`,
    prepare: async () => async () => {
      const authorization = token && { authorization: `Bearer ${token()}` };
      const headers = { ...request.headers, ...authorization };
      await Promise.all(serviceNames.map((service) => fetch(`${probes[service]}/begin`, { method: 'POST' })));
      const status = await sendRaw(url, { ...request, headers });
      const figures: Figures = { status };
      for (const service of serviceNames) {
        const answer = await fetch(`${probes[service]}/end`, { method: 'POST' });
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the probe answers
        figures[`ms ${service}`] = ((await answer.json()) as { longestMs: number }).longestMs;
      }
      return figures;
    },
  };
}

interface Worst {
  route: string;
  status: number;
  name: string;
  service: string;
  ms: number;
}

function worstOf({ candidate: title, rounds }: Measured): Worst {
  const [route = '', name = ''] = title.split(': ');
  const status = rounds.at(-1)?.['status'] ?? 0;
  const ofService = (service: string) => ({
    route,
    status,
    name,
    service,
    ms: median(rounds.map((figures) => figures[`ms ${service}`] ?? Number.NaN)),
  });
  return serviceNames.map(ofService).reduce((one, other) => (other.ms > one.ms ? other : one));
}

const line = ({ route, name, status, service, ms }: Worst): string =>
  `${route} | ${name} | ${status} | ${service} | ${ms.toFixed(1)}`;
