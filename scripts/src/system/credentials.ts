import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type BrokerPasswords, brokerUsers } from '../backing-services/backing-services.ts';
import { type ServiceName, services } from '../repository/packages.ts';
import { readJson } from '../repository/read-json.ts';

const Secrets = z.record(z.string(), z.string());

/** Every secret of one system. Made once, kept in a file that only its owner can read. */
const Credentials = z
  .object({
    adminUsername: z.string(),
    adminPassword: z.string(),
    /** Lets the admin ports change things. */
    adminToken: z.string(),
    /** Signs the calls between services. */
    internalSecret: z.string(),
    /** By service. */
    gatewaySigningSecrets: Secrets,
    rabbitmqPasswords: Secrets.and(z.object({ admin: z.string() })),
  })
  // The services' own: AUTH_SECRET is kept as authSecret.
  .catchall(z.union([z.string(), Secrets]));
type Fixed = Record<'adminUsername' | 'adminPassword' | 'adminToken' | 'internalSecret', string>;
export interface Credentials extends Fixed {
  gatewaySigningSecrets: Record<ServiceName, string>;
  rabbitmqPasswords: BrokerPasswords;
  [secret: `${string}Secret`]: string;
}

// A file of an earlier version may lack what came later.
const KeptCredentials = Credentials.partial().extend({ rabbitmqPasswords: Secrets.optional() });
export type KeptCredentials = z.infer<typeof KeptCredentials>;

export function credentialsFile(dataDirectory: string): string {
  return join(dataDirectory, 'credentials.json');
}

/** Reads the credentials of a data directory; makes and adds those that are missing. */
export async function keepCredentials(dataDirectory: string): Promise<Credentials> {
  const file = credentialsFile(dataDirectory);
  const before = (await readJson(file, KeptCredentials)) ?? {};
  const credentials = mergeCredentials(makeCredentials(), before);
  if (JSON.stringify(before) !== JSON.stringify(credentials)) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  }
  return credentials;
}

export async function readCredentials(dataDirectory: string): Promise<Credentials | undefined> {
  const kept = await readJson(credentialsFile(dataDirectory), Credentials);
  return kept && mergeCredentials(makeCredentials(), kept);
}

export function makeCredentials(): Credentials {
  const upstreams = services.filter(({ upstream }) => upstream);
  const own = services.flatMap((service) => Object.keys(service.secrets));
  return {
    adminUsername: 'admin',
    adminPassword: secret(18),
    adminToken: secret(32),
    ...Object.fromEntries(own.map((variable) => [keyOf(variable), secret(32)])),
    internalSecret: secret(32),
    gatewaySigningSecrets: Object.fromEntries(upstreams.map(({ name }) => [name, secret(32)])),
    rabbitmqPasswords: {
      ...Object.fromEntries(brokerUsers.map((user) => [user, secret(24)])),
      admin: secret(24),
    },
  };
}

/** The value of one of the services' own secrets. */
export function secretOf(credentials: Credentials, variable: string): string {
  const value = credentials[keyOf(variable)];
  if (value === undefined) throw new Error(`There is no secret ${variable}: which service.json names it?`);
  return value;
}

export function mergeCredentials(made: Credentials, kept: KeptCredentials): Credentials {
  return {
    ...made,
    ...kept,
    gatewaySigningSecrets: { ...made.gatewaySigningSecrets, ...kept.gatewaySigningSecrets },
    rabbitmqPasswords: { ...made.rabbitmqPasswords, ...kept.rabbitmqPasswords },
  };
}

const keyOf = (variable: string) =>
  `${variable
    .replace(/_?SECRET$/, '')
    .toLowerCase()
    .replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}Secret` as const;

function secret(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
