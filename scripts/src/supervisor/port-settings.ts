import { UserError } from '../console/user-error.ts';
import { isPortFree } from '../processes/ports.ts';
import type { ServiceAddresses } from '../system/service-environment.ts';

/** The variables that say where the services of `up` listen. */
export const portVariables = {
  'api-gateway': { port: ['GATEWAY_PORT', 3000], adminPort: ['GATEWAY_ADMIN_PORT', 3100] },
  'auth-service': { port: ['AUTH_PORT', 3001], adminPort: ['AUTH_ADMIN_PORT', 3101] },
  'game-event-service': { port: ['EVENT_PORT', 3002], adminPort: ['EVENT_ADMIN_PORT', 3102] },
} as const;

type PortVariable = readonly [variable: string, fallback: number];

export function readAddresses(env: NodeJS.ProcessEnv): ServiceAddresses {
  const address = ({ port, adminPort }: { port: PortVariable; adminPort: PortVariable }) => [
    { port: readPort(env, port), adminPort: readPort(env, adminPort) },
  ];
  return {
    'auth-service': address(portVariables['auth-service']),
    'game-event-service': address(portVariables['game-event-service']),
    'api-gateway': address(portVariables['api-gateway']),
  };
}

/** Before anything is started: every port free and used once, or one sentence that says which is not. */
export async function mustBeFree(
  env: NodeJS.ProcessEnv,
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Promise<void> {
  const variableByPort = new Map<number, string>();
  const problems: string[] = [];
  for (const setting of Object.values(portVariables).flatMap((one) => [one.port, one.adminPort])) {
    const [variable] = setting;
    const port = readPort(env, setting);
    const other = variableByPort.get(port);
    variableByPort.set(port, variable);
    if (other !== undefined)
      problems.push(`${other} and ${variable} are both ${port}: give one of them another port.`);
    else if (!(await isFree(port))) {
      problems.push(`Port ${port} is in use: stop what listens there, or set ${variable} to another port.`);
    }
  }
  if (problems.length > 0) throw new UserError(problems.join('\n'));
}

function readPort(env: NodeJS.ProcessEnv, [variable, fallback]: PortVariable): number {
  const text = env[variable];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UserError(`${variable} must be a port between 1 and 65535, not ${JSON.stringify(text)}.`);
  }
  return port;
}
