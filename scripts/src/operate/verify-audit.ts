import { Command, InvalidArgumentError } from 'commander';
import { print } from '../console/print.ts';
import { UserError } from '../console/user-error.ts';
import { runCommand } from '../processes/run-command.ts';
import { dataDirectory, packageDirectory, type ServiceName, serviceNames } from '../repository/packages.ts';
import { readAddresses } from '../supervisor/port-settings.ts';
import { runningState, type SystemState } from '../supervisor/state-file.ts';
import { readCredentials } from '../system/credentials.ts';
import { serviceEnvironment } from '../system/service-environment.ts';
import { servicesWithScript } from './run-on-store.ts';
import { urlIn } from './running-system.ts';

type Heads = Partial<Record<ServiceName, string>>;

/** `scripts/verify-audit`: each service with an audit trail verifies it, in the system that runs here. */
export async function main(args: string[]): Promise<void> {
  const { head } = new Command('verify-audit')
    .description(
      'Walks the audit trail of each service and prints what was changed after it was written; exit code 1 if anything was. A service alone: npm run verify-audit.',
    )
    .option(
      '--head <service=number:hash>',
      'a seal from the log ("Sealed audit entries"), which shows whether the end was cut off; may be repeated',
      addHead,
      {},
    )
    .parse(args, { from: 'user' })
    .opts<{ head: Heads }>();

  const state = await runningState(dataDirectory());
  if (!state)
    throw new UserError('Nothing is running here: start MongoDB with ./scripts/up or ./scripts/infra.');
  const services = await servicesWithScript('verify-audit');
  const results = await Promise.all(
    services.map(async (service) => verify(service, head[service], await environmentIn(state, service))),
  );
  for (const [index, { output }] of results.entries())
    print(`${services[index]}\n${output.trimEnd().replaceAll(/^/gm, '  ')}`);
  process.exitCode = Math.max(...results.map(({ code }) => code));
}

function addHead(text: string, heads: Heads): Heads {
  const [name, head] = text.split('=', 2);
  const service = serviceNames.find((one) => one === name);
  if (service === undefined || !head) {
    throw new InvalidArgumentError('It is SERVICE=NUMBER:HASH, such as auth-service=57:….');
  }
  return { ...heads, [service]: head };
}

function verify(service: ServiceName, head: string | undefined, env: NodeJS.ProcessEnv) {
  const args = head === undefined ? [] : ['--', '--head', head];
  return runCommand('npm', ['run', '--silent', 'verify-audit', ...args], {
    cwd: packageDirectory(service),
    env,
  });
}

/** The environment of the service itself, because reading the trail needs its secret. */
async function environmentIn(state: SystemState, service: ServiceName): Promise<NodeJS.ProcessEnv> {
  const credentials = await readCredentials(dataDirectory());
  if (!credentials) throw new UserError('The secrets of this system are gone: .data/credentials.json.');
  const addresses = readAddresses(process.env);
  const [address] = addresses[service] ?? [];
  if (!address) throw new UserError(`${service} has no address.`);
  const backing = {
    mongodb: { url: urlIn(state, 'MONGODB_URL') ?? '' },
    redis: { url: urlIn(state, 'REDIS_URL') ?? '' },
    rabbitmq: { urlFor: () => urlIn(state, 'RABBITMQ_URL') ?? '' },
  };
  return { ...process.env, ...serviceEnvironment(service, address, { backing, credentials, addresses }) };
}
