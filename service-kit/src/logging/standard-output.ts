import { Writable } from 'node:stream';

// One for the process, as standard output is.
let output: Writable | undefined;

/**
 * Standard output, written to once in each turn of the event loop, however many lines came in it: a write of its
 * own for every line would cost a busy service about a tenth of its time. What waits is written when the process
 * ends, also after an error that nobody caught; a SIGKILL can lose the lines of one turn.
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
