import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { credentialsFile, keepCredentials, makeCredentials, readCredentials } from './credentials.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'laurel-credentials-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('credentials are made once and kept, readable by their owner alone', async () => {
  const made = await keepCredentials(directory);
  expect(await keepCredentials(directory)).toEqual(made);
  expect(await readCredentials(directory)).toEqual(made);
  expect((await stat(credentialsFile(directory))).mode & 0o777).toBe(0o600);
});

it('what a file of an earlier version lacks is added without touching the rest', async () => {
  const { adminToken: _, ...earlier } = makeCredentials();
  await writeFile(credentialsFile(directory), JSON.stringify(earlier));
  const kept = await keepCredentials(directory);
  expect(kept).toMatchObject(earlier);
  expect(kept.adminToken).toHaveLength(43);
});

it('no two secrets are alike, and the long-lived ones hold 32 random bytes', () => {
  const {
    authSecret,
    eventAuditSecret,
    internalSecret,
    gatewaySigningSecrets,
    adminToken,
    rabbitmqPasswords,
  } = makeCredentials();
  const secrets = [
    authSecret,
    eventAuditSecret,
    internalSecret,
    adminToken,
    ...Object.values(gatewaySigningSecrets),
  ];
  for (const secret of secrets) expect(Buffer.from(secret ?? '', 'base64url')).toHaveLength(32);
  const all = [...secrets, ...Object.values(rabbitmqPasswords)];
  expect(new Set(all).size).toBe(all.length);
});
