import { createConnection } from 'node:net';
import type { ApplyFault } from './world.ts';

const LIMIT_MS = 5_000;

/** FLUSHALL: what Redis remembers is gone. */
export const flush: ApplyFault = async (_, { chaos }) => {
  const [server] = chaos.system.backing.redis.servers;
  if (!server) throw new Error('there is no Redis');
  const answer = await command(server.port, 'FLUSHALL');
  if (!answer.startsWith('+OK')) throw new Error(`FLUSHALL was answered with ${answer}`);
  return { met: server.name };
};

function command(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1', timeout: LIMIT_MS }, () =>
      socket.write(`${line}\r\n`),
    );
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString('latin1'));
    });
    socket.once('timeout', () => socket.destroy(new Error('Redis does not answer')));
    socket.once('error', reject);
  });
}
