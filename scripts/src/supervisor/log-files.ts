import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

const ROTATE_BYTES = 20 * 1024 * 1024;

/** One file per process in `logs/`; a large file is renamed when it is opened. */
export class LogFiles {
  readonly directory: string;
  readonly #streams = new Map<string, WriteStream>();

  constructor(dataDirectory: string) {
    this.directory = join(dataDirectory, 'logs');
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
  }

  write(name: string, line: string): void {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = openLog(join(this.directory, `${name}.log`));
      this.#streams.set(name, stream);
    }
    stream.write(`${line}\n`);
  }

  async close(): Promise<void> {
    const ends = [...this.#streams.values()].map((stream) => new Promise((resolve) => stream.end(resolve)));
    await Promise.all(ends);
  }
}

export function openLog(file: string): WriteStream {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > ROTATE_BYTES) renameSync(file, `${file}.1`);
  return createWriteStream(file, { flags: 'a', mode: 0o600 });
}
