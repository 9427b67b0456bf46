import { get } from 'node:http';
import { LaurelClient } from '../client/laurel-client.ts';
import { inventUsername, logIn } from '../client/operations.ts';
import { inventPassword, newPlayer, type Person, personOf } from '../fuzz/people.ts';
import { PrivateSystem } from '../system/private-system.ts';
import type { Server } from '../processes/server.ts';
import type { ServiceName } from '../repository/packages.ts';
import { CrashWatch } from './crash-watch.ts';
import { type Samples, samplesIn } from './gauges.ts';
import { type Cast, type Render, rendererOf } from './render-request.ts';
import type { Target, Who } from './sequence.ts';
import { z } from 'zod';

/** A private system, its users, and a watch over its processes. */
export interface FuzzStage {
  laurel: PrivateSystem;
  watch: CrashWatch;
  servers: readonly Server[];
  ports: ReadonlyMap<Target, number>;
  renderers: ReadonlyMap<Target, Render>;
  idOf: (who: Who) => string | undefined;
}

// Tokens must stay valid until the end of the run.
const LASTING = { ACCESS_TOKEN_TTL: '2h' };

export async function setStage(): Promise<FuzzStage> {
  const watch = new CrashWatch();
  const { onLine, onUnexpectedExit } = watch;
  // All services get the setting: the gateway refuses tokens that live longer than its own value.
  const laurel = await PrivateSystem.start({ overrides: { all: LASTING }, onLine, onUnexpectedExit });
  try {
    const { instances, credentials, url } = laurel.system;
    const { adminUsername, adminPassword, gatewaySigningSecrets } = credentials;
    const client = new LaurelClient(url);
    const admin = await logIn(client, adminUsername, adminPassword);
    const cast: Cast = {
      alice: await newPlayer(client),
      bob: await newPlayer(client),
      auditor: await newAuditor(client, admin.tokens.accessToken),
    };
    const ports = new Map(
      instances.flatMap(({ service, address }): [Target, number][] => [
        [service, address.port],
        [`${service}/admin`, address.adminPort],
      ]),
    );
    // Errors during the start do not count.
    watch.errorLines.clear();
    return {
      laurel,
      watch,
      servers: instances.map(({ server }) => server),
      ports,
      renderers: new Map(
        [...ports.keys()].map((target) => [target, rendererOf(target, cast, gatewaySigningSecrets)]),
      ),
      idOf: (who) => (who === 'nobody' || who === 'stranger' ? undefined : cast[who].id),
    };
  } catch (error) {
    await laurel.stop();
    throw error;
  }
}

async function newAuditor(client: LaurelClient, token: string): Promise<Person> {
  const [username, password] = [inventUsername(), inventPassword()];
  const body = { username, password, roles: ['AUDITOR'] };
  await client.expect([201], z.unknown(), 'POST', '/v1/accounts', { token, body });
  return personOf(await logIn(client, username, password), password);
}

const READ_WITHIN_MS = 5_000;

/** Asks on a connection of its own, which is closed afterwards. */
export function readText(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      port,
      path,
      host: '127.0.0.1',
      agent: false,
      signal: AbortSignal.timeout(READ_WITHIN_MS),
    };
    get(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${path} on port ${port} answered ${response.statusCode}`));
      });
    }).on('error', reject);
  });
}

/** The metrics of each service. */
export async function readMetrics({ laurel }: FuzzStage): Promise<Map<ServiceName, Samples>> {
  const read = laurel.system.instances.map(
    async ({ service, address }) =>
      [service, samplesIn(await readText(address.adminPort, '/metrics'))] as const,
  );
  return new Map(await Promise.all(read));
}
