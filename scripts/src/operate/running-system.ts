import { UserError } from '../console/user-error.ts';
import { dataDirectory } from '../repository/packages.ts';
import { runningState, type SystemState } from '../supervisor/state-file.ts';

type Variable = SystemState['backing'][number]['variable'];

/**
 * The URL of a backing service: the given one, that of the environment, or that of the system that runs here.
 *
 * @throws {UserError} when it is not known
 */
export async function findUrl(variable: Variable, given: string | undefined): Promise<string> {
  const url = given ?? process.env[variable] ?? urlIn(await runningState(dataDirectory()), variable);
  if (url) return url;
  throw new UserError(`${variable} is not known: set it, give --url, or start a system with ./scripts/up.`);
}

export function urlIn(state: SystemState | undefined, variable: Variable): string | undefined {
  return state?.backing.find((one) => one.variable === variable)?.url;
}
