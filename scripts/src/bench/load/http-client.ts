import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  body: Buffer;
}

export interface RequestParts {
  method: 'GET' | 'POST';
  path: string;
  token?: string;
  /** JSON. */
  body?: string;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = /^content-length: (\d+)\r$/im;

/** Bytes of a request, which may be sent as often as one likes. */
export function requestBytes({ method, path, token, body }: RequestParts): Buffer {
  const head = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Accept: application/json',
    'User-Agent: laurel-bench',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`);
}

/**
 * A client for load that is much faster than the measured system. It reads only the status and the length from the head
 * of an answer; every answer must carry both. Load shares its cores with the services, so each microsecond that a general
 * client (autocannon, undici) spends more would lower the figures. Claims need a fresh token per request at a fixed rate,
 * and refreshes need the token of the answer before.
 */
export class HttpClient {
  readonly #port: number;
  readonly #host: string;
  readonly #connections: number;
  readonly #idle: Connection[] = [];
  readonly #waiting: ((connection: Connection) => void)[] = [];
  #open = 0;

  /**
   * @param url of a server without TLS
   * @param connections as many at most, with one request each; further requests wait
   */
  constructor(url: string, connections: number) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
    this.#connections = connections;
  }

  /** @throws when the connection is refused, or lost before the answer is whole */
  async exchange(request: Buffer): Promise<Answer> {
    const connection = await this.#take();
    try {
      return await connection.exchange(request);
    } finally {
      this.#giveBack(connection);
    }
  }

  close(): void {
    for (const connection of this.#idle) connection.close();
  }

  async #take(): Promise<Connection> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (!idle.isClosed) return idle;
      // The server has closed it meanwhile.
      this.#open -= 1;
    }
    if (this.#open >= this.#connections) return await new Promise((resolve) => this.#waiting.push(resolve));
    this.#open += 1;
    return new Connection(this.#port, this.#host);
  }

  #giveBack(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next) next(connection.isClosed ? new Connection(this.#port, this.#host) : connection);
    else this.#idle.push(connection);
  }
}

class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #underWay: PromiseWithResolvers<Answer> | undefined;

  constructor(port: number, host: string) {
    this.#socket = connect({ port, host, noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#underWay?.reject(error));
    this.#socket.once('close', () => this.#underWay?.reject(new Error('the connection was closed')));
  }

  get isClosed(): boolean {
    return !this.#socket.writable;
  }

  exchange(request: Buffer): Promise<Answer> {
    this.#underWay = Promise.withResolvers();
    this.#socket.write(request);
    return this.#underWay.promise;
  }

  close(): void {
    this.#socket.end();
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = this.#received.toString('latin1', 0, headEnd + 2);
    const length = CONTENT_LENGTH.exec(head)?.[1];
    if (length === undefined) {
      this.#socket.destroy(new Error('an answer without content-length'));
      return;
    }
    const start = headEnd + HEAD_END.length;
    const end = start + Number(length);
    if (this.#received.length < end) return;
    const body = this.#received.subarray(start, end);
    this.#received = this.#received.subarray(end);
    this.#underWay?.resolve({ status: Number(head.slice(9, 12)), body });
  }
}
