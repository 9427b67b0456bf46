import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findExecutable } from '../../processes/find-executable.ts';
import { freePort } from '../../processes/ports.ts';
import { packageDirectory, repositoryRoot } from '../../repository/packages.ts';
import { installPackage } from '../../toolchain/install-package.ts';
import type { TokenMint } from '../token-mint.ts';
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
  /** Of Laurel's own. */
  adminPort?: number;
}

export interface ProxyContext {
  stage: ProxyStage;
  upstreamPort: number;
  mint: TokenMint;
}

export const tokenOf = (mint: TokenMint, accountId: string): string =>
  mint.accessToken({ accountId, roles: ['USER'], issuer: ISSUER });

/** The gateway with everything on. */
export async function startGateway(
  { stage, upstreamPort, mint }: ProxyContext,
  env: NodeJS.ProcessEnv = {},
): Promise<RunningProxy> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const program: ProxyProgram = {
    command: process.execPath,
    args: ['src/main.ts'],
    cwd: packageDirectory('api-gateway'),
    env: {
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      AUTH_SERVICE_URL: `http://127.0.0.1:${upstreamPort}`,
      GAME_EVENT_SERVICE_URL: `http://127.0.0.1:${upstreamPort}`,
      GATEWAY_SIGNING_KEYS: `auth-service/k1:${SECRET},game-event-service/k1:${SECRET}`,
      INTERNAL_KEYS: `k1:${SECRET}`,
      TOKEN_ISSUER: ISSUER,
      ACCESS_TOKEN_TTL: '1h',
      JWKS_URL: mint.jwksUrl,
      ...env,
    },
  };
  return { name: LAUREL, port, adminPort, pid: await stage.startProxy(program, port) };
}

/** Everything that it is measured against; `say` is told of those that are not there. */
export async function startRivals(
  context: ProxyContext,
  say: (line: string) => void,
): Promise<RunningProxy[]> {
  await installPackage(RIVALS);
  const rivals = [
    await startNodeRival(NEST, 'nest-gateway.js', context),
    await startNodeRival('Fastify + its proxy', 'fastify-gateway.js', context),
  ];
  for (const { name, binary, configure } of binaries) {
    const command = await findExecutable(binary);
    if (command === undefined) {
      say(`${name} is left out: there is no ${binary} here`);
      continue;
    }
    const port = await freePort();
    const program = await configure({ command, port, ...context });
    rivals.push({ name, port, pid: await context.stage.startProxy(program, port) });
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

interface Configured extends ProxyContext {
  command: string;
  port: number;
}

/** They pass requests through on one core and check nothing: the distance to what is written in C and Go. */
const binaries: {
  name: string;
  binary: string;
  configure: (options: Configured) => Promise<ProxyProgram>;
}[] = [
  {
    name: 'nginx (passes through)',
    binary: 'nginx',
    configure: async ({ command, port, upstreamPort, stage: { directory } }) => {
      const file = join(directory, 'nginx.conf');
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
        .join(' ');
      await writeFile(
        file,
        `daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log /dev/null;
events { worker_connections 1024; }
http {
  access_log /dev/null; ${temporary} keepalive_requests 1000000000;
  upstream service { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
      );
      return { command, args: ['-c', file, '-p', directory, '-e', '/dev/null'], cwd: directory };
    },
  },
  {
    name: 'haproxy (passes through)',
    binary: 'haproxy',
    configure: async ({ command, port, upstreamPort, stage: { directory } }) => {
      const file = join(directory, 'haproxy.cfg');
      await writeFile(
        file,
        `global
  nbthread 1
defaults
  mode http
  timeout connect 3s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  default_backend service
backend service
  server one 127.0.0.1:${upstreamPort}
`,
      );
      return { command, args: ['-f', file], cwd: directory };
    },
  },
  {
    name: 'Caddy (passes through)',
    binary: 'caddy',
    configure: async ({ command, port, upstreamPort, stage: { directory } }) => ({
      command,
      args: ['reverse-proxy', '--from', `http://127.0.0.1:${port}`, '--to', `127.0.0.1:${upstreamPort}`],
      cwd: directory,
      env: { GOMAXPROCS: '1', HOME: directory },
    }),
  },
];
