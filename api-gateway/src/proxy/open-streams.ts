import type { IncomingHttpHeaders } from 'node:http';
import { Gauge, type Registry } from '@prometheus-io/client';
import type { Component } from 'service-kit/lifecycle';
import type { AccessToken } from '../identity/access-token.ts';

/** What stays open for as long as both sides want: a WebSocket, or events that a server sends. */
export interface OpenStream {
  /** Undefined for what was asked for anonymously. */
  readonly token: AccessToken | undefined;
  readonly kind: 'websocket' | 'events';
  endStream(reason: string): void;
}

/** All that are open here. A stream lives no longer than the token it was opened with. */
export interface OpenStreams {
  add(stream: OpenStream): void;
  delete(stream: OpenStream): void;
  /** Its stop ends them all, so that their clients go to another instance. */
  component: Component;
}

export interface OpenStreamsOptions {
  /** Whether a token that was good is still. */
  holds: (token: AccessToken) => boolean;
  metrics: Registry;
}

// With what a revocation takes to get here it is a second more.
const SWEEP_MS = 1_000;

export function createOpenStreams({ holds, metrics }: OpenStreamsOptions): OpenStreams {
  const streams = new Set<OpenStream>();
  let stopped = false;
  let sweep: NodeJS.Timeout | undefined;
  const gauge = new Gauge({
    name: 'gateway_streams',
    help: 'Streams that are open',
    labelNames: ['kind'],
    registers: [metrics],
    collect() {
      const counts = { websocket: 0, events: 0 };
      for (const { kind } of streams) counts[kind] += 1;
      for (const [kind, count] of Object.entries(counts)) gauge.set({ kind }, count);
    },
  });

  function endThoseWithoutToken(): void {
    for (const stream of streams) {
      if (stream.token && !holds(stream.token)) stream.endStream('its token is not valid any more');
    }
  }

  return {
    add(stream) {
      streams.add(stream);
      if (stopped) stream.endStream('the gateway stops');
    },
    delete: (stream) => void streams.delete(stream),
    component: {
      name: 'streams',
      async start() {
        stopped = false;
        sweep = setInterval(endThoseWithoutToken, SWEEP_MS);
      },
      async stop() {
        stopped = true;
        clearInterval(sweep);
        for (const stream of streams) stream.endStream('the gateway stops');
      },
    },
  };
}

/** Server-sent events, by what the service says of its answer. */
export function isEventStream({ 'content-type': type }: IncomingHttpHeaders): boolean {
  return type?.split(';', 1)[0]?.trim().toLowerCase() === 'text/event-stream';
}
