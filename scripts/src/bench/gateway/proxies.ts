import { join } from 'node:path';
import { findExecutable } from '../../processes/find-executable.ts';
import { freePort } from '../../processes/ports.ts';
import { repositoryRoot } from '../../repository/packages.ts';
import { installPackage } from '../../toolchain/install-package.ts';
import type { TokenMint } from '../token-mint.ts';
import { plainProxies } from './plain-proxies.ts';
import type { ProxyProgram, ProxyStage } from './proxy-stage.ts';

export const LAUREL = 'Laurel';
export const NEST = 'NestJS + http-proxy-middleware';
const RIVALS = join(repositoryRoot, 'scripts', 'bench-rivals');
const ISSUER = 'http://bench.test';
const SECRET = 'bench'.padEnd(32, '_');

/** A proxy that runs and leads to the upstream. */
export interface RunningProxy {
  name: string;
  port: number;
  pid: number;
}

export interface ProxyContext {
  stage: ProxyStage;
  upstreamPort: number;
  mint: TokenMint;
}

export const tokenOf = (mint: TokenMint, accountId: string): string =>
  mint.accessToken({ accountId, roles: ['USER'], issuer: ISSUER });

/** The gateway with every feature on. Its rate limits are checked and never reached. */
export async function startGateway(
  { stage, upstreamPort, mint }: ProxyContext,
  directory: string,
  env: NodeJS.ProcessEnv,
  name: string,
): Promise<RunningProxy> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const program: ProxyProgram = {
    command: process.execPath,
    args: ['src/main.ts'],
    cwd: directory,
    env: {
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      AUTH_SERVICE_URL: `http://127.0.0.1:${upstreamPort}`,
      GAME_EVENT_SERVICE_URL: `http://127.0.0.1:${upstreamPort}`,
      GATEWAY_SIGNING_KEYS: `auth-service/k1:${SECRET},game-event-service/k1:${SECRET}`,
      INTERNAL_KEYS: `k1:${SECRET}`,
      TOKEN_ISSUER: ISSUER,
      ACCESS_TOKEN_TTL: '1h',
      RATE_LIMIT_SCALE: '1000',
      JWKS_URL: mint.jwksUrl,
      ...env,
    },
  };
  return { name, port, pid: await stage.startProxy(program, port) };
}

/** Starts the gateways that Laurel's is compared with. `say` hears which of them are not installed. */
export async function startRivals(
  context: ProxyContext,
  say: (line: string) => void,
): Promise<RunningProxy[]> {
  await installPackage(RIVALS);
  const rivals = [
    await startNodeRival(NEST, 'nest-gateway.js', context),
    await startNodeRival('Fastify + its proxy', 'fastify-gateway.js', context),
  ];
  const { stage, upstreamPort } = context;
  for (const { name, binary, configure } of plainProxies) {
    const command = await findExecutable(binary);
    if (command === undefined) {
      say(`${name} is left out: there is no ${binary} here`);
      continue;
    }
    const port = await freePort();
    const args = await configure({ port, upstreamPort, directory: stage.directory });
    const program = { command, args, cwd: stage.directory, env: { GOMAXPROCS: '1', HOME: stage.directory } };
    rivals.push({ name, port, pid: await stage.startProxy(program, port) });
  }
  return rivals;
}

async function startNodeRival(
  name: string,
  program: string,
  { stage, upstreamPort, mint }: ProxyContext,
): Promise<RunningProxy> {
  const port = await freePort();
  const env = {
    NODE_ENV: 'production',
    PORT: String(port),
    UPSTREAM: `http://127.0.0.1:${upstreamPort}`,
    ISSUER,
    AUDIENCE: 'laurel',
    JWK: JSON.stringify(mint.jwk),
  };
  const pid = await stage.startProxy({ command: process.execPath, args: [program], cwd: RIVALS, env }, port);
  return { name, port, pid };
}
