import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LaurelClient } from '../client/laurel-client.ts';
import type { ServiceName } from '../repository/packages.ts';
import { urlOf } from '../system/service-environment.ts';
import type { PrivateSystem } from '../system/private-system.ts';
import type { Job, Outcome } from '../test-run/tally.ts';
import { ApiDocument, operationFinder, operationIdsOf, withBodies } from './api-document.ts';
import { authScripts } from './auth-scripts.ts';
import { type Caller, fromGateway, fromService, withToken } from './caller.ts';
import { startCallingProxy } from './calling-proxy.ts';
import { type Cast, gatherCast, type Script } from './cast.ts';
import { eventScripts } from './event-scripts.ts';
import { identityOf } from './people.ts';
import { fuzz } from './schemathesis.ts';

/** What is made for each operation, for each caller. */
const EXAMPLES = 12;
const TIMEOUT_MS = 900_000;

/** One run against an API: who calls, what there is for them, and which operations are theirs. */
interface Run {
  who: string;
  role: keyof Cast | 'service';
  /** Nothing else. */
  only?: readonly string[];
}

/** After these one is not signed in any more. */
const ENDS = ['logOut', 'deleteMe'];

const RUNS: readonly Run[] = [
  { who: 'a player', role: 'player' },
  { who: 'an ADMIN', role: 'admin' },
  { who: 'an OPERATOR', role: 'operator' },
  { who: 'a service client', role: 'program' },
  { who: 'a guest', role: 'guest', only: ['upgradeGuest'] },
  { who: 'a player who logs out', role: 'leaver', only: ['logOut'] },
  { who: 'a player who leaves', role: 'deleter', only: ['deleteMe'] },
  { who: 'another service', role: 'service', only: ['listRevocations', 'readAccountStatus'] },
];

export interface FuzzJobs {
  /** A run for everybody who may call, against one service of a system. */
  runs: Job[];
  /** Runs last: whether every operation has succeeded for at least one caller. */
  verdict: Job;
}

export async function fuzzJobs(
  target: ServiceName,
  { system, backing }: PrivateSystem,
  environment: string,
): Promise<FuzzJobs> {
  const client = new LaurelClient(system.url);
  const address = system.instances.find(({ service }) => service === target)?.address;
  if (address === undefined) throw new Error(`${target} does not run`);
  const answer = await new LaurelClient(urlOf(address)).call('GET', '/openapi.json');
  const document = ApiDocument.parse(answer.body);
  const operationIds = operationIdsOf(document);
  const cast = await gatherCast(client, system.credentials);
  const [auth, event] = [await authScripts(client, cast), await eventScripts(client, cast)];
  const operationOf = operationFinder(document);
  const succeeded = new Set<string>();

  function callerOf(role: Run['role']): Caller {
    const { gatewaySigningSecrets, internalSecret } = system.credentials;
    if (role === 'service') return fromService({ service: target, secret: internalSecret });
    const { token } = cast[role];
    if (target === 'api-gateway') return withToken(token);
    return fromGateway({ service: target, secret: gatewaySigningSecrets[target] ?? '' }, identityOf(token));
  }

  async function run({ who, role, only }: Run): Promise<Outcome> {
    const directory = join(backing.directory, `fuzz ${who}`);
    await mkdir(directory, { recursive: true });
    const { parameters, hints } = merged(auth[role], role === 'service' ? undefined : event[role]);
    const file = join(directory, 'openapi.json');
    await writeFile(file, JSON.stringify(withBodies(document, hints)));
    const proxy = await startCallingProxy({
      port: address?.port ?? 0,
      caller: callerOf(role),
      onAnswer: (method, path, status) => {
        const operationId = operationOf(method, path);
        if (operationId !== undefined && status >= 200 && status < 300) succeeded.add(operationId);
      },
    });
    const known = Object.entries(hints).filter(([id]) => operationIds.includes(id));
    const outcome = await fuzz({
      environment,
      directory,
      document: file,
      url: proxy.url,
      examples: EXAMPLES,
      timeoutMs: TIMEOUT_MS,
      parameters,
      parametersOf: Object.fromEntries(known.map(([id, hint]) => [id, hint.parameters ?? {}])),
      filter: only === undefined ? { without: ENDS.filter((id) => operationIds.includes(id)) } : { only },
    });
    await proxy.stop();
    return outcome;
  }

  const runs = RUNS.filter(({ only }) => only?.every((id) => operationIds.includes(id)) ?? true);
  return {
    runs: runs.map((each) => ({ title: `${target} called by ${each.who}`, run: () => run(each) })),
    verdict: {
      title: `${target}: every operation has succeeded for somebody`,
      run: async () => verdictOn(operationIds.filter((id) => !succeeded.has(id))),
    },
  };
}

function merged(...scripts: (Script | undefined)[]): Script {
  return {
    parameters: Object.assign({}, ...scripts.map((script) => script?.parameters)),
    hints: Object.assign({}, ...scripts.map((script) => script?.hints)),
  };
}

/** An operation that refuses every request has not been tested. */
function verdictOn(refused: readonly string[]): Outcome {
  const failed = refused.length === 0 ? 0 : 1;
  return { passed: 1 - failed, failed, output: `Never answered with a 2xx: ${refused.join(', ')}` };
}
