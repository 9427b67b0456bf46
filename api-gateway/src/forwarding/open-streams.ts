import type { IncomingHttpHeaders } from 'node:http';
import { Gauge, type Registry } from '@prometheus-io/client';
import type { Component } from 'service-kit/lifecycle';
import type { AccessToken } from '../identity/access-token.ts';

/** A stream stays open until one side closes it: a WebSocket or server-sent events. */
export interface OpenStream {
  /** Undefined for a stream on a public route. */
  readonly token: AccessToken | undefined;
  readonly kind: 'websocket' | 'events';
  endStream(reason: string): void;
}

/** The open streams of this process. A stream ends when its token does. */
export interface OpenStreams {
  add(stream: OpenStream): void;
  delete(stream: OpenStream): void;
  /** Ends all streams when the gateway stops, so that clients connect to another instance. */
  component: Component;
}

export interface OpenStreamsDeps {
  /** Whether a verified token is still valid. */
  holds: (token: AccessToken) => boolean;
  metrics: Registry;
}

// How long a stream may outlive its token. A revocation takes up to a second to arrive as well.
const SWEEP_MS = 1_000;

export function createOpenStreams({ holds, metrics }: OpenStreamsDeps): OpenStreams {
  const streams = new Set<OpenStream>();
  let stopped = false;
  let sweep: NodeJS.Timeout | undefined;
  const gauge = new Gauge({
    name: 'gateway_streams',
    help: 'Open streams',
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

/** Whether an answer is a stream of server-sent events, by its content type. */
export function isEventStream({ 'content-type': type }: IncomingHttpHeaders): boolean {
  return type?.split(';', 1)[0]?.trim().toLowerCase() === 'text/event-stream';
}
