import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { identify, isStillThere, type ProcessIdentity } from '../processes/process-identity.ts';
import { readJson } from '../repository/read-json.ts';

const Identity = z.object({ pid: z.number(), startedAt: z.string() });

const ProcessState = z.object({
  name: z.string(),
  kind: z.enum(['service', 'backing service']),
  identity: Identity.nullable(),
  port: z.number(),
  adminPort: z.number().nullable(),
  restarts: z.number(),
});
export type ProcessState = z.infer<typeof ProcessState>;

/** The state of a running `up` or `infra`, for the other commands. It holds broker passwords, so only its owner may read it. */
const SystemState = z.object({
  command: z.enum(['up', 'infra']),
  supervisor: Identity,
  phase: z.enum(['starting', 'running', 'stopping']),
  startedAt: z.string(),
  /** Where clients reach the system; null with `infra`. */
  url: z.string().nullable(),
  managementUrl: z.string().nullable(),
  backing: z.array(
    z.object({
      variable: z.enum(['MONGODB_URL', 'REDIS_URL', 'RABBITMQ_URL']),
      url: z.string(),
      source: z.string(),
    }),
  ),
  processes: z.array(ProcessState),
});
export type SystemState = z.infer<typeof SystemState>;

const fileOf = (dataDirectory: string) => join(dataDirectory, 'state.json');

export async function writeState(dataDirectory: string, state: SystemState): Promise<void> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const staging = `${fileOf(dataDirectory)}.${process.pid}`;
  await writeFile(staging, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(staging, fileOf(dataDirectory));
}

export async function readState(dataDirectory: string): Promise<SystemState | undefined> {
  return readJson(fileOf(dataDirectory), SystemState);
}

export async function removeState(dataDirectory: string): Promise<void> {
  await rm(fileOf(dataDirectory), { force: true });
}

/** The state of a supervisor that is alive now. */
export async function runningState(dataDirectory: string): Promise<SystemState | undefined> {
  const state = await readState(dataDirectory);
  return state !== undefined && isStillThere(state.supervisor) ? state : undefined;
}

export function ownIdentity(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, startedAt: '' };
}
