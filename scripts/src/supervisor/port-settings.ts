import { UserError } from '../console/user-error.ts';
import { isPortFree } from '../processes/ports.ts';
import { gateway, services } from '../repository/packages.ts';
import type { Service } from '../repository/service-manifest.ts';
import type { ServiceAddresses } from '../system/service-environment.ts';

const gatewayFirst: readonly Service[] = [gateway, ...services.filter((one) => one !== gateway)];

type PortVariable = readonly [variable: string, fallback: number];

/** The variables that say where the services of `up` listen. */
function portVariables({ ports }: Service): { port: PortVariable; adminPort: PortVariable } {
  const { variables, http, admin } = ports;
  return { port: [`${variables}_PORT`, http], adminPort: [`${variables}_ADMIN_PORT`, admin] };
}

/** For the help of `up`. */
export function describePorts(): string {
  const settings = gatewayFirst.map(portVariables);
  return [...settings.map(({ port }) => port), ...settings.map(({ adminPort }) => adminPort)]
    .map(([variable, fallback]) => `${variable} ${fallback}`)
    .join(', ');
}

export function readAddresses(env: NodeJS.ProcessEnv): ServiceAddresses {
  return Object.fromEntries(
    services.map((service) => {
      const { port, adminPort } = portVariables(service);
      return [service.name, [{ port: readPort(env, port), adminPort: readPort(env, adminPort) }]];
    }),
  );
}

/** Checks before the start that every port is free and used once. @throws {UserError} with a sentence for each that is not */
export async function mustBeFree(
  env: NodeJS.ProcessEnv,
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Promise<void> {
  const variableByPort = new Map<number, string>();
  const problems: string[] = [];
  for (const setting of gatewayFirst.map(portVariables).flatMap((one) => [one.port, one.adminPort])) {
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
