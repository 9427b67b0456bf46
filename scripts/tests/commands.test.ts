import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { MongoClient } from 'mongodb';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LaurelClient } from '../src/client/laurel-client.ts';
import * as operations from '../src/client/operations.ts';
import { Keeper } from '../src/processes/keeper.ts';
import { waitUntil } from '../src/processes/wait-until.ts';
import { freePort, isPortFree } from '../src/processes/ports.ts';
import { isStillThere } from '../src/processes/process-identity.ts';
import { type CommandResult, runCommand } from '../src/processes/run-command.ts';
import { packageDirectory } from '../src/repository/packages.ts';
import { readState } from '../src/supervisor/state-file.ts';
import { readCredentials } from '../src/system/credentials.ts';
import { bareEnvironment } from '../src/system/private-system.ts';

const START_LIMIT_MS = 180_000;
// Alone on the machine it takes half as long; another file runs beside this one.
const SECOND_START_LIMIT_MS = 30_000;

const Status = z.array(
  z.object({
    name: z.string(),
    pid: z.number().nullable(),
    port: z.number(),
    restarts: z.number(),
    ready: z.boolean(),
  }),
);
const FirstReward = z.object({ accountId: z.string(), claimId: z.string(), ledgerEntryId: z.string() });

let dataDirectory: string;
let env: NodeJS.ProcessEnv;
/** Stops what `up --detach` left running, should this test run be ended in the middle. */
const keeper = Keeper.start();

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'laurel-commands-'));
  keeper.removeAtEnd(dataDirectory);
  env = { ...bareEnvironment(), CI: 'true', LAUREL_DATA_DIR: dataDirectory };
  for (const name of ['GATEWAY', 'AUTH', 'EVENT']) {
    env[`${name}_PORT`] = String(await freePort());
    env[`${name}_ADMIN_PORT`] = String(await freePort());
  }
});
afterAll(async () => {
  await scripts('down');
  await rm(dataDirectory, { recursive: true, force: true });
  await keeper.end();
}, 120_000);

function scripts(command: string, ...args: string[]): Promise<CommandResult> {
  return runCommand(join(packageDirectory('scripts'), command), args, { env });
}

/** `up --detach`, whose supervisor is guarded from the moment on in which it is known. */
async function upDetached(): Promise<CommandResult> {
  const result = scripts('up', '--detach');
  const guarded = waitUntil(() => readState(dataDirectory), {
    limitMs: START_LIMIT_MS,
    what: 'the state file',
  });
  const state = await Promise.race([guarded, result.then(() => undefined)]);
  if (state !== undefined) keeper.guard(state.supervisor.pid);
  return result;
}

async function status(): Promise<z.infer<typeof Status>> {
  return Status.parse(JSON.parse((await scripts('status', '--json')).stdout));
}

const url = () => `http://127.0.0.1:${env['GATEWAY_PORT']}`;

describe('up, status, demo, down', () => {
  it(
    'up --detach ends with a granted reward, and tells where everything is',
    async () => {
      const { code, output } = await upDetached();
      expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
      expect(output).toContain('claims the reward: granted');
      expect(output).toContain('reads the ledger: one entry');
      expect(output).toContain(`${url()}/docs/`);
      expect(output).toContain('credentials.json (adminPassword)');
      const credentials = await readCredentials(dataDirectory);
      expect(output).not.toContain(credentials?.adminPassword);
      expect(output).not.toContain(credentials?.['authSecret']);
    },
    START_LIMIT_MS,
  );

  it('status shows three services that are ready', async () => {
    const services = await status();
    expect(services.map(({ name }) => name)).toEqual(['auth-service', 'game-event-service', 'api-gateway']);
    for (const service of services) expect(service).toMatchObject({ restarts: 0, ready: true });
    expect((await scripts('status')).code).toBe(0);
  });

  it('a second up says that it is running already, and starts nothing', async () => {
    const before = await status();
    const { code, output } = await scripts('up');
    expect(code).toBe(0);
    expect(output).toContain('./scripts/up is running here already');
    expect(await status()).toEqual(before);
  });

  it('a service that is killed is started again, and status counts it', async () => {
    const killed = (await status()).find(({ name }) => name === 'game-event-service');
    process.kill(killed?.pid ?? 0, 'SIGKILL');
    const mended = async () => (await status()).find(({ name }) => name === 'game-event-service');
    await expect.poll(mended, { timeout: 30_000 }).toMatchObject({ restarts: 1, ready: true });
    expect(await readFile(join(dataDirectory, 'logs', 'laurel.log'), 'utf8')).toContain(
      'game-event-service ended unexpectedly (SIGKILL)',
    );
  });

  it('demo plays the first reward again for another player', async () => {
    const { code, output } = await scripts('demo');
    expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
    expect(output).toContain('claims the reward: granted');
  });

  it('verify-audit finds nothing wrong, until an entry is changed in the database', async () => {
    const state = await readState(dataDirectory);
    const mongodb = state?.backing.find(({ variable }) => variable === 'MONGODB_URL');
    const client = await new MongoClient(mongodb?.url ?? '').connect();
    const entries = client.db('auth_db').collection('audit');
    await expect.poll(() => entries.countDocuments({ seal: null })).toBe(0);
    const good = await scripts('verify-audit');
    expect({ code: good.code, output: good.output }).toEqual({ code: 0, output: expect.any(String) });
    const head = /^ {2}head (\S+)$/m.exec(good.output)?.[1] ?? '';
    expect(await scripts('verify-audit', '--head', `auth-service=${head}`)).toMatchObject({ code: 0 });

    const [entry] = await entries.find({ action: 'register-account' }).toArray();
    await entries.updateOne({ _id: entry?._id }, { $set: { result: 'refused' } });
    expect(await scripts('verify-audit')).toMatchObject({
      code: 1,
      output: expect.stringContaining(`entry_changed`),
    });
    await entries.updateOne({ _id: entry?._id }, { $set: { result: 'done' } });
    expect(await scripts('verify-audit')).toMatchObject({ code: 0 });
    await client.close();
  });

  it('verify-ledger finds that what was granted adds up', async () => {
    const { code, output } = await scripts('verify-ledger');
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(/^2 balances, 2 entries, .* 0 diff/m),
    });
  });

  it('rebuild-progress finds every counter as it should be', async () => {
    const { code, output } = await scripts('rebuild-progress');
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(/^\d+ accounts, 0 counters corrected$/m),
    });
  });

  it('down leaves no process behind, and says so when there is nothing to stop', async () => {
    const state = await readState(dataDirectory);
    const identities = [state?.supervisor, ...(state?.processes ?? []).map(({ identity }) => identity)];
    const there = identities.filter((identity) => identity !== undefined && identity !== null);
    const { code, output } = await scripts('down');
    expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
    expect(there).toHaveLength(8);
    expect(there.filter(isStillThere)).toEqual([]);
    expect(await status()).toEqual([]);
    expect((await scripts('down')).output).toContain('Nothing is running.');
  }, 60_000);

  it(
    'up again is ready in less than 30 s and has kept the data',
    async () => {
      const startedAt = performance.now();
      const { code, output } = await upDetached();
      expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
      expect(performance.now() - startedAt).toBeLessThan(SECOND_START_LIMIT_MS);
      expect(output).not.toContain('claims the reward');

      const played = FirstReward.parse(
        JSON.parse(await readFile(join(dataDirectory, 'first-reward.json'), 'utf8')),
      );
      const { adminUsername = '', adminPassword = '' } = (await readCredentials(dataDirectory)) ?? {};
      const client = new LaurelClient(url());
      const { tokens } = await operations.logIn(client, adminUsername, adminPassword);
      const claim = await client.call('GET', `/v1/claims?accountId=${played.accountId}`, {
        token: tokens.accessToken,
      });
      expect(claim.body).toMatchObject({ items: [{ id: played.claimId, status: 'granted' }] });
      await scripts('down');
    },
    START_LIMIT_MS,
  );
});

it('a port in use is one sentence that names the port and its variable, before anything is started', async () => {
  const taken = await freePort();
  const server = createServer().listen(taken, '127.0.0.1');
  try {
    await expect.poll(() => isPortFree(taken)).toBe(false);
    const { code, output } = await runCommand(join(packageDirectory('scripts'), 'up'), ['--detach'], {
      env: { ...env, GATEWAY_PORT: String(taken) },
    });
    expect(code).toBe(1);
    expect(output.trim()).toBe(
      `Port ${taken} is in use: stop what listens there, or set GATEWAY_PORT to another port.`,
    );
    expect(await readState(dataDirectory)).toBeUndefined();
  } finally {
    server.close();
  }
});

it(
  'a server of the environment that does not answer is one sentence, and nothing is left of what was being started',
  async () => {
    const { code, output } = await runCommand(join(packageDirectory('scripts'), 'up'), ['--detach'], {
      env: { ...env, REDIS_URL: 'nonsense' },
    });
    expect(code).toBe(1);
    expect(output).toContain('redis at nonsense (REDIS_URL of the environment) does not answer');
    await expect.poll(() => readState(dataDirectory), { timeout: START_LIMIT_MS }).toBeUndefined();
  },
  START_LIMIT_MS,
);

it('an option that does not exist is refused with one sentence', async () => {
  const { code, output } = await scripts('status', '--jsn');
  expect(code).not.toBe(0);
  expect(output).toContain("unknown option '--jsn'");
});
