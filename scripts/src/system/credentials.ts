import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { brokerUsers } from '../backing-services/backing-services.ts';
import { readJson } from '../repository/read-json.ts';

/** Every secret of one system. Made once, kept in a file that only its owner can read. */
const Credentials = z.object({
  adminUsername: z.string(),
  adminPassword: z.string(),
  /** Lets the admin ports change things. */
  adminToken: z.string(),
  authSecret: z.string(),
  /** game-event-service hashes its audit trail under it. */
  eventAuditSecret: z.string(),
  /** Signs what services ask each other. */
  internalSecret: z.string(),
  gatewaySigningSecrets: z.object({ 'auth-service': z.string(), 'game-event-service': z.string() }),
  rabbitmqPasswords: z.record(z.enum(brokerUsers), z.string()),
});
export type Credentials = z.infer<typeof Credentials>;

// A file of an earlier version may lack what came later.
const KeptCredentials = Credentials.partial().extend({
  gatewaySigningSecrets: Credentials.shape.gatewaySigningSecrets.partial().optional(),
  rabbitmqPasswords: z.partialRecord(z.enum(brokerUsers), z.string()).optional(),
});
export type KeptCredentials = z.infer<typeof KeptCredentials>;

export function credentialsFile(dataDirectory: string): string {
  return join(dataDirectory, 'credentials.json');
}

/** Reads the credentials of a data directory; what is missing in it is made and added. */
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
  return readJson(credentialsFile(dataDirectory), Credentials);
}

export function makeCredentials(): Credentials {
  const [authService, gameEventService] = [secret(32), secret(32)];
  return {
    adminUsername: 'admin',
    adminPassword: secret(18),
    adminToken: secret(32),
    authSecret: secret(32),
    eventAuditSecret: secret(32),
    internalSecret: secret(32),
    gatewaySigningSecrets: { 'auth-service': authService, 'game-event-service': gameEventService },
    rabbitmqPasswords: {
      admin: secret(24),
      'auth-service': secret(24),
      'game-event-service': secret(24),
      'api-gateway': secret(24),
      'game-server': secret(24),
    },
  };
}

export function mergeCredentials(made: Credentials, kept: KeptCredentials): Credentials {
  return {
    ...made,
    ...kept,
    gatewaySigningSecrets: { ...made.gatewaySigningSecrets, ...kept.gatewaySigningSecrets },
    rabbitmqPasswords: { ...made.rabbitmqPasswords, ...kept.rabbitmqPasswords },
  };
}

function secret(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
