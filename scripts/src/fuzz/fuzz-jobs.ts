import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LaurelClient } from '../client/laurel-client.ts';
import type { SignedIn } from '../client/messages.ts';
import { createAttendanceEvent, logIn, registerPlayer } from '../client/operations.ts';
import { type ServiceName } from '../repository/packages.ts';
import { urlOf } from '../system/service-environment.ts';
import type { PrivateSystem } from '../system/private-system.ts';
import type { Job, Outcome } from '../test-run/tally.ts';
import { fuzz } from './schemathesis.ts';
import { type Caller, startSigningProxy } from './signing-proxy.ts';

/** What is made for each operation, for each caller. */
const EXAMPLES = 12;
const TIMEOUT_MS = 300_000;
const SCOPES = ['activity:write', 'accounts:read', 'claims:read', 'entitlements:write'];

/** One run against an API: who calls, and which things there are that it may know of. */
interface Run {
  who: string;
  caller: Caller;
  token?: string;
  parameters?: Record<string, string>;
}

/** A run for everybody who may call, one after the other, against one service of a system. */
export async function fuzzJobs(
  target: ServiceName,
  { system, backing }: PrivateSystem,
  environment: string,
): Promise<Job[]> {
  const client = new LaurelClient(system.url);
  const { adminUsername, adminPassword, gatewaySigningSecrets } = system.credentials;
  const admin = await logIn(client, adminUsername, adminPassword);
  const runs = runsAs(admin, await registerPlayer(client), await thingsIn(target, client, admin));
  const address = system.instances.find(({ service }) => service === target)?.address;
  if (address === undefined) throw new Error(`${target} does not run`);

  async function overGateway({ who, token, parameters = {} }: Run): Promise<Outcome> {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return await fuzz({ ...(await settings(who)), url: system.url, headers, parameters });
  }

  async function pastGateway(service: keyof typeof gatewaySigningSecrets, run: Run): Promise<Outcome> {
    const secret = gatewaySigningSecrets[service];
    const proxy = await startSigningProxy({ service, port: address?.port ?? 0, secret, caller: run.caller });
    const { who, parameters = {} } = run;
    const outcome = await fuzz({ ...(await settings(who)), url: proxy.url, parameters });
    await proxy.stop();
    return outcome;
  }

  async function settings(who: string) {
    const directory = join(backing.directory, `fuzz ${who}`);
    await mkdir(directory, { recursive: true });
    const document = `${urlOf(address)}/openapi.json`;
    return { environment, document, directory, examples: EXAMPLES, timeoutMs: TIMEOUT_MS };
  }

  return runs.map((run) => ({
    title: `${target} called by ${run.who}`,
    run: () => (target === 'api-gateway' ? overGateway(run) : pastGateway(target, run)),
  }));
}

function runsAs(admin: SignedIn, player: SignedIn, parameters: Record<string, string>): Run[] {
  const caller = (roles: string[], { account }: SignedIn = player): Caller => ({
    userId: account.id,
    sessionId: `ses_${account.id}`,
    roles,
    scopes: [],
  });
  const nobody = { userId: '', sessionId: '', roles: [], scopes: [] };
  return [
    { who: 'a player', caller: caller(['USER']), token: player.tokens.accessToken },
    { who: 'an ADMIN', caller: caller(['ADMIN'], admin), token: admin.tokens.accessToken, parameters },
    { who: 'an OPERATOR', caller: caller(['OPERATOR'], admin), parameters },
    { who: 'a service client', caller: { ...nobody, userId: 'cli_fuzz', scopes: SCOPES } },
  ];
}

/** Ids for the parameters of paths: what is made up is nearly never found. */
async function thingsIn(
  target: ServiceName,
  client: LaurelClient,
  admin: SignedIn,
): Promise<Record<string, string>> {
  const other = await registerPlayer(client);
  if (target === 'auth-service') return { 'path.id': other.account.id };
  const event = await createAttendanceEvent(client, admin.tokens.accessToken, 'Fuzzing');
  return { 'path.eventId': event.id, 'query.accountId': other.account.id };
}
