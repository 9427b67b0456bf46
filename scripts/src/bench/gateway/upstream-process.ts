import { createServer } from 'node:net';

// A service that does nothing: it answers bytes that were made once. It also answers the gateway's own requests to
// services.
const HEAD_END = Buffer.from('\r\n\r\n');
const items = JSON.stringify({ items: [], text: 'x'.repeat(170), nextCursor: null });
const answers: Readonly<Record<string, Buffer>> = {
  '/internal/': answer(JSON.stringify({ items: [], cursor: 'c0' })),
  '/openapi.j': answer(JSON.stringify({ openapi: '3.1.0', info: { title: 'x', version: '1' }, paths: {} })),
};
const usual = answer(items);

function answer(body: string): Buffer {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`${head}keep-alive: timeout=60\r\n\r\n${body}`);
}

const server = createServer({ noDelay: true }, (socket) => {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(HEAD_END); end !== -1; end = rest.indexOf(HEAD_END)) {
      socket.write(answers[rest.toString('latin1', 4, 14)] ?? usual);
      rest = rest.subarray(end + HEAD_END.length);
    }
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
