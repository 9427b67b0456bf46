import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

// A service that holds streams, and sends a heartbeat into all of them when it is asked to (`/beat`).
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455, 1.3
const FRAME = Buffer.from([0x81, 0x04, ...Buffer.from('beat')]);
const sockets = new Set<Duplex>();
const events = new Set<ServerResponse>();

const server = createServer((request, response) => {
  if (request.url === '/beat') {
    for (const socket of sockets) socket.write(FRAME);
    for (const each of events) each.write('data: beat\n\n');
    response.end('{}');
  } else if (request.url?.startsWith('/internal/')) {
    response.end('{"items":[],"cursor":"c0"}');
  } else if (request.headers.accept === 'text/event-stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    events.add(response);
    response.on('close', () => events.delete(response));
  } else {
    response.end('{}');
  }
});
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1')
    .update(key + WEBSOCKET_GUID)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  sockets.add(socket);
  socket
    .on('error', () => undefined)
    .on('end', () => socket.end())
    .on('close', () => sockets.delete(socket));
  socket.resume();
});
server.listen(Number(process.argv[2]), '127.0.0.1');
