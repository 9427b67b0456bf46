import { Command } from 'commander';
import { z } from 'zod';
import { print } from '../console/print.ts';
import { UserError } from '../console/user-error.ts';
import { dataDirectory } from '../repository/packages.ts';
import { runningState } from '../supervisor/state-file.ts';
import { readCredentials } from '../system/credentials.ts';
import { urlOf } from '../system/service-environment.ts';

interface Options {
  list: boolean;
  retire?: string;
  url?: string;
}

const SigningKeys = z.object({
  items: z.array(z.object({ kid: z.string(), state: z.string(), signsFrom: z.string().nullable() })),
});

/** `scripts/rotate-keys`: replaces the key that signs access tokens. */
export async function main(args: string[]): Promise<void> {
  const { list, retire, url } = new Command('rotate-keys')
    .description(
      'Makes the next key that signs access tokens. The key is published at once and signs after SIGNING_KEY_LEAD. The old key verifies until its last token has expired, so clients notice nothing. While a key waits, no further key is made.',
    )
    .option('--list', 'show the keys and change nothing', false)
    .option(
      '--retire <kid>',
      'end a stolen key at once, with every token that it signed; "signing" is the key that signs now',
    )
    .option(
      '--url <url>',
      'the admin port of an auth-service, with its ADMIN_TOKEN in the environment; otherwise the system that ./scripts/up runs here',
    )
    .parse(args, { from: 'user' })
    .opts<Options>();

  const port = await findAdminPort(url);
  if (list) printKeys(await call(port, 'GET', ''));
  else if (retire === undefined) printKeys(await call(port, 'POST', ''));
  else printKeys(await call(port, 'DELETE', `/${encodeURIComponent(await kidOf(port, retire))}`));
}

interface AdminPort {
  url: string;
  token: string;
}

async function findAdminPort(url: string | undefined): Promise<AdminPort> {
  if (url !== undefined) return { url: url.replace(/\/$/, ''), token: process.env['ADMIN_TOKEN'] ?? '' };
  const running = await runningState(dataDirectory());
  const service = running?.processes.find(({ name }) => name === 'auth-service');
  const credentials = await readCredentials(dataDirectory());
  if (!service?.adminPort || !credentials) {
    throw new UserError('No auth-service is known: give --url, or start a system with ./scripts/up.');
  }
  return {
    url: urlOf({ port: service.adminPort, adminPort: service.adminPort }),
    token: credentials.adminToken,
  };
}

type Keys = z.infer<typeof SigningKeys>['items'];

async function call({ url, token }: AdminPort, method: string, path: string): Promise<Keys> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/signing-keys${path}`, { method, headers }).catch((error: unknown) => {
    throw new UserError(`There is no auth-service at ${url}.`, { cause: error });
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new UserError(`${url} answered ${response.status}: ${reasonIn(body)}`);
  return SigningKeys.parse(body).items;
}

async function kidOf(port: AdminPort, given: string): Promise<string> {
  if (given !== 'signing') return given;
  const keys = await call(port, 'GET', '');
  return keys.find(({ state }) => state === 'signing')?.kid ?? given;
}

function reasonIn(body: unknown): string {
  const problem = z.object({ detail: z.string() }).safeParse(body);
  return problem.success ? problem.data.detail : 'no reason given';
}

function printKeys(keys: Keys): void {
  for (const { kid, state, signsFrom } of keys) {
    const since = signsFrom === null ? '' : `  ${state === 'waiting' ? 'signs from' : 'since'} ${signsFrom}`;
    print(`${kid}  ${state}${since}`);
  }
}
