import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../processes/ports.ts';
import { Link } from './link.ts';

let echo: Server;
let link: Link;
let clients: Socket[];

beforeEach(async () => {
  clients = [];
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const { port } = echo.address() as AddressInfo;
  link = await Link.open({
    name: 'client → echo',
    port: await freePort(),
    target: port,
  });
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await link.close();
  echo.close();
});

/** Unlike `once`, content with an end by error. */
const closing = (socket: Socket): Promise<unknown> =>
  socket.destroyed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));

async function connected(): Promise<{ socket: Socket; heard: () => string }> {
  const client = connecting();
  await once(client.socket, 'connect');
  return client;
}

function connecting(): { socket: Socket; heard: () => string } {
  const socket = createConnection({ port: link.port, host: '127.0.0.1' });
  clients.push(socket);
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => (text += chunk.toString()));
  return { socket, heard: () => text };
}

describe('a link', () => {
  it('passes bytes both ways', async () => {
    const { socket, heard } = await connected();
    socket.write('hello');
    await vi.waitFor(() => expect(heard()).toBe('hello'));
  });

  it('delays while it is slow and keeps the order when it is clear again', async () => {
    const { socket, heard } = await connected();
    link.set({ is: 'slow', delayMs: 150 });
    const sentAt = performance.now();
    socket.write('first ');
    await vi.waitFor(() => expect(performance.now() - sentAt).toBeGreaterThan(60));
    link.clear();
    socket.write('second');
    await vi.waitFor(() => expect(heard()).toBe('first second'));
    expect(performance.now() - sentAt).toBeGreaterThan(140);
  });

  it('swallows while it is half open, and then ends what cannot go on', async () => {
    const { socket, heard } = await connected();
    link.set({ is: 'half-open' });
    socket.write('lost');
    const late = await connected();
    late.socket.write('lost too');
    await vi.waitFor(() => expect(late.socket.bytesWritten).toBe(8));
    const closed = Promise.all([closing(socket), closing(late.socket)]);
    link.clear();
    await closed;
    expect(heard() + late.heard()).toBe('');
    const fresh = await connected();
    fresh.socket.write('again');
    await vi.waitFor(() => expect(fresh.heard()).toBe('again'));
  });

  it('ends connections and refuses others while it is cut', async () => {
    const { socket } = await connected();
    const closed = closing(socket);
    link.set({ is: 'cut' });
    await closed;
    await expect(connected()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    link.clear();
    await vi.waitFor(connected);
  });

  it('refuses while its target does', async () => {
    const { port } = echo.address() as AddressInfo;
    echo.close();
    await closing(connecting().socket);
    await vi.waitFor(() => expect(connected()).rejects.toMatchObject({ code: 'ECONNREFUSED' }));
    echo.listen(port, '127.0.0.1');
    await vi.waitFor(async () => {
      const { socket, heard } = await connected();
      socket.write('back');
      await vi.waitFor(() => expect(heard()).toBe('back'));
    });
  });

  it('goes dumb in one direction, on the connection where a snare springs and on no other', async () => {
    const [one, other] = [await connected(), await connected()];
    const sprung = link.snare({ bytes: Buffer.from('commit'), swallows: 'there' });
    one.socket.write('begin');
    await vi.waitFor(() => expect(one.heard()).toBe('begin'));
    one.socket.write('now commit');
    await sprung;
    other.socket.write('commit');
    await vi.waitFor(() => expect(other.heard()).toBe('commit'));
    expect(one.heard()).toBe('begin');

    const answered = link.snare({ bytes: Buffer.from('publish'), swallows: 'back' });
    const heardThere = once(echo, 'heard');
    echo.once('connection', (socket: Socket) =>
      socket.on('data', (chunk: Buffer) => echo.emit('heard', chunk.toString())),
    );
    const third = await connected();
    third.socket.write('publish');
    await answered;
    expect(await heardThere).toEqual(['publish']);
    expect(third.heard()).toBe('');
  });
});
