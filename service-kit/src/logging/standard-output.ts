import { Writable } from 'node:stream';

// One for the process, because it has one standard output.
let output: Writable | undefined;

/**
 * Standard output with one write for all lines of a turn of the event loop. A write for every line would cost a busy
 * service about a tenth of its time. Waiting lines are written when the process ends, also after an uncaught error; a
 * SIGKILL can lose the lines of one turn.
 */
export function standardOutput(): Writable {
  output ??= gathered(process.stdout);
  return output;
}

function gathered(destination: NodeJS.WriteStream): Writable {
  let waiting = '';
  const flush = (): void => {
    const lines = waiting;
    waiting = '';
    if (lines !== '') destination.write(lines);
  };
  process.once('exit', flush);
  return new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      if (waiting === '') setImmediate(flush);
      waiting += line;
      done();
    },
  });
}
