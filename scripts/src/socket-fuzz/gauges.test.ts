import { describe, expect, it } from 'vitest';
import { exceptionsCounted, gaugesAbove, samplesIn } from './gauges.ts';
import { connectionsIn } from './open-connections.ts';

const text = (pending: number, fds: number) => `# TYPE gateway_upstream_requests gauge
gateway_upstream_requests{service="auth-service",upstream="127.0.0.1:1"} ${pending}
gateway_upstream_requests{service="game-event-service",upstream="127.0.0.1:2"} 0
process_open_fds ${fds}
`;

describe('gauges', () => {
  it('are back when each is where it has to be', () => {
    expect(gaugesAbove('api-gateway', samplesIn(text(3, 50)), samplesIn(text(0, 90)))).toEqual([]);
  });

  it('are found out when one is not, by its labels', () => {
    const [pending, fds] = gaugesAbove('api-gateway', samplesIn(text(0, 50)), samplesIn(text(2, 400)));
    expect(pending).toBe(
      'api-gateway: gateway_upstream_requests{service="auth-service",upstream="127.0.0.1:1"} is 2, and was 0 at the start',
    );
    expect(fds).toBe('api-gateway: process_open_fds is 400, and was 50 at the start');
  });

  it('that a service does not have pass', () => {
    expect(gaugesAbove('auth-service', samplesIn(''), samplesIn(text(2, 4)))).toEqual([]);
  });

  it('of exceptions that a guard caught must not grow', () => {
    const counted = (count: number) =>
      samplesIn(
        `http_connection_errors_total{reason="exception"} ${count}\nhttp_connection_errors_total{reason="reset"} ${9 * count}`,
      );
    expect(exceptionsCounted('auth-service', counted(2), counted(2))).toEqual([]);
    expect(exceptionsCounted('auth-service', counted(2), counted(3))).toEqual([
      'auth-service: http_connection_errors_total{reason="exception"} has grown by 1',
    ]);
  });
});

it('connections are counted at the port of their server, by their state', () => {
  const table = `  sl  local_address rem_address   st
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000
   1: 0100007F:0BB8 0100007F:D431 01 00000000:00000000
   2: 0100007F:0BB8 0100007F:D432 08 00000000:00000000
   3: 0100007F:D431 0100007F:0BB8 01 00000000:00000000
   4: 0100007F:0BB8 0100007F:D433 06 00000000:00000000`;
  expect(connectionsIn(table, [3000])).toEqual(new Map([[3000, { established: 1, halfClosed: 1 }]]));
});

it('connections of the one that counts do not count', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   1: 0100007F:0BB8 0100007F:D431 01 00000000:00000000 00:00000000 00000000 0 0 71
   2: 0100007F:D431 0100007F:0BB8 01 00000000:00000000 00:00000000 00000000 0 0 72
   3: 0100007F:0BB8 0100007F:D433 01 00000000:00000000 00:00000000 00000000 0 0 73`;
  const counts = connectionsIn(table, [3000], new Set(['72']));
  expect(counts).toEqual(new Map([[3000, { established: 1, halfClosed: 0 }]]));
});
