import { Pool } from 'undici';
import type { Component } from 'service-kit/lifecycle';

const CONNECTIONS = 512;
const CONNECT_TIMEOUT_MS = 3_000;
// Shorter than the services keep an idle connection, so that it is the gateway who closes one: a request that
// meets a closing connection is lost, and only some can be sent again. A `Keep-Alive: timeout` hint of the
// service lowers it further (undici stays a second or two below the hint).
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MAX_MS = 30_000;

/** One address of a service, with its connections. */
export interface Upstream {
  readonly origin: string;
  readonly pool: Pool;
  /** Requests under way. */
  pending: number;
}

/** The services by the variable that holds their addresses. */
export interface Upstreams {
  /** The address with the fewest requests under way, in turn where several are equal. */
  pick(targetEnv: string, except?: Upstream): Upstream | undefined;
  all(): readonly Upstream[];
  component: Component;
}

export function createUpstreams(addresses: ReadonlyMap<string, readonly string[]>): Upstreams {
  const byOrigin = new Map<string, Upstream>();
  const groups = new Map<string, { members: Upstream[]; next: number }>();
  for (const [targetEnv, origins] of addresses) {
    groups.set(targetEnv, { members: origins.map((origin) => upstreamAt(byOrigin, origin)), next: 0 });
  }

  function pick(targetEnv: string, except?: Upstream): Upstream | undefined {
    const group = groups.get(targetEnv);
    if (!group) return undefined;
    const { members } = group;
    if (members.length === 1) return members[0];
    let best: Upstream | undefined;
    group.next = (group.next + 1) % members.length;
    for (let i = 0; i < members.length; i += 1) {
      const member = members[(group.next + i) % members.length];
      if (member && member !== except && (!best || member.pending < best.pending)) best = member;
    }
    return best ?? except;
  }

  return {
    pick,
    all: () => [...byOrigin.values()],
    component: {
      name: 'upstreams',
      async stop() {
        await Promise.all([...byOrigin.values()].map(({ pool }) => pool.close()));
      },
    },
  };
}

function upstreamAt(byOrigin: Map<string, Upstream>, origin: string): Upstream {
  let upstream = byOrigin.get(origin);
  if (!upstream) {
    upstream = { origin, pool: poolFor(origin), pending: 0 };
    byOrigin.set(origin, upstream);
  }
  return upstream;
}

function poolFor(origin: string): Pool {
  return new Pool(origin, {
    connections: CONNECTIONS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    allowH2: false,
    // The gateway keeps the time itself, from the moment it has a request to its first byte.
    headersTimeout: 0,
  });
}
