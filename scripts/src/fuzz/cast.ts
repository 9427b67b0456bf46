import type { LaurelClient } from '../client/laurel-client.ts';
import { logIn } from '../client/operations.ts';
import type { Credentials } from '../system/credentials.ts';
import type { Hints } from './api-document.ts';
import {
  newGuest,
  newOperator,
  newPlayer,
  newProgram,
  type Person,
  personOf,
  type Program,
} from './people.ts';

const SCOPES = ['activity:write', 'accounts:read', 'claims:read', 'entitlements:write', 'tokens:introspect'];

/** All callers. */
export interface Cast {
  player: Person;
  admin: Person;
  operator: Person;
  program: Program;
  guest: Person;
  /** Each performs one operation that ends its session. */
  deleter: Person;
  leaver: Person;
}

/** Input for the calls of one caller: values of parameters, and hints that make single operations succeed. */
export interface Script {
  parameters: Record<string, string>;
  hints: Hints;
}

export async function gatherCast(
  client: LaurelClient,
  { adminUsername, adminPassword }: Credentials,
): Promise<Cast> {
  const admin = personOf(await logIn(client, adminUsername, adminPassword), adminPassword);
  return {
    admin,
    player: await newPlayer(client),
    operator: await newOperator(client, admin.token),
    program: await newProgram(client, admin.token, SCOPES),
    guest: await newGuest(client),
    deleter: await newPlayer(client),
    leaver: await newPlayer(client),
  };
}
