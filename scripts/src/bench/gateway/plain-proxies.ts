import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface PlainProxyOptions {
  /** Where it listens. */
  port: number;
  upstreamPort: number;
  /** For its settings. */
  directory: string;
}

/** A proxy that passes requests on and checks nothing: the distance to what is written in C and Go. */
export interface PlainProxy {
  name: string;
  binary: string;
  /** Writes its settings. Gives the arguments it is started with. */
  configure: (options: PlainProxyOptions) => Promise<string[]>;
}

// All alike: one worker, connections to the service kept for all clients at once and never counted out, and a line of
// an access log for each request, to where nobody reads it.

export const plainProxies: readonly PlainProxy[] = [
  {
    name: 'nginx (passes through)',
    binary: 'nginx',
    configure: async ({ port, upstreamPort, directory }) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
        .join(' ');
      const file = await written(
        directory,
        'nginx.conf',
        `daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log /dev/null;
events { worker_connections 1024; }
http {
  access_log /dev/null combined buffer=64k flush=1s; ${temporary} keepalive_requests 1000000000;
  upstream service { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
      );
      return ['-c', file, '-p', directory, '-e', '/dev/null'];
    },
  },
  {
    name: 'haproxy (passes through)',
    binary: 'haproxy',
    configure: async ({ port, upstreamPort, directory }) => {
      const file = await written(
        directory,
        'haproxy.cfg',
        `global
  nbthread 1
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
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
      return ['-f', file];
    },
  },
  {
    name: 'Caddy (passes through)',
    binary: 'caddy',
    configure: async ({ port, upstreamPort, directory }) => {
      const handler = {
        handler: 'reverse_proxy',
        upstreams: [{ dial: `127.0.0.1:${upstreamPort}` }],
        // By default it keeps 32 of them, half as many as there are clients here.
        transport: { protocol: 'http', versions: ['1.1'], keep_alive: { max_idle_conns_per_host: 128 } },
      };
      const server = {
        listen: [`127.0.0.1:${port}`],
        protocols: ['h1'],
        automatic_https: { disable: true },
        logs: {},
        routes: [{ handle: [handler] }],
      };
      const settings = {
        admin: { disabled: true },
        logging: { logs: { default: { writer: { output: 'stdout' } } } },
        apps: { http: { servers: { proxy: server } } },
      };
      const file = await written(directory, 'caddy.json', JSON.stringify(settings));
      return ['run', '--config', file];
    },
  },
];

async function written(directory: string, name: string, text: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, text);
  return file;
}
