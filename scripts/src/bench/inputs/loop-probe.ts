import { createServer } from 'node:http';

// Loaded into a service by `--import` for the benchmark `worst-inputs`. Between POST /begin and POST /end it takes the
// CPU time of each turn of the event loop. CPU time, because other processes on the same cores must not count, and the
// loop is kept turning, so that a turn holds only the work that was due.

let turning = false;
let longestMs = 0;
let before = 0;

function turn(): void {
  const now = cpuMs();
  longestMs = Math.max(longestMs, now - before);
  before = now;
  if (turning) setImmediate(turn);
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

const server = createServer((request, response) => {
  if (request.url === '/begin') {
    turning = true;
    // The answer to this request is no part of what is measured.
    response.end('{}', () => {
      longestMs = 0;
      before = cpuMs();
      setImmediate(turn);
    });
    return;
  }
  turning = false;
  response.end(JSON.stringify({ longestMs }));
});
server.listen(Number(process.env['LOOP_PROBE_PORT']), '127.0.0.1');
server.unref();
