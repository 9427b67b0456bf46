import { parseArgs } from 'node:util';
import { serviceOf, type ServiceRoute } from '../src/routing/route.ts';
import { createRouteTable } from '../src/routing/route-table.ts';

// Checks that a look-up costs the same in a table of any size. Rounds of the sizes alternate, and the fastest
// round of each size counts, because other processes only slow it down. Usage:
// `node bench/route-table.ts [--rounds 15]`

const SIZES = [10, 100, 1_000];
/** Routes that are looked up; every other one is a prefix. */
const SAMPLES = 10;
const MATCHES = 400_000;
const MOST_RATIO = 1.2;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });

/** Names of the same length in tables of every size. */
const thing = (index: number): string => `thing${String(index).padStart(4, '0')}`;

function entry(index: number): ServiceRoute {
  const isPrefix = index % 2 === 0;
  return {
    name: `r${index}`,
    kind: isPrefix ? 'prefix' : 'path',
    path: `/v1/${thing(index)}${isPrefix ? '' : '/whole'}`,
    methods: index % 3 === 0 ? new Set(['GET', 'HEAD', 'POST']) : undefined,
    host: undefined,
    priority: 0,
    access: 'public',
    timeoutMs: 1_000,
    maxBodyBytes: 1_000,
    rateLimits: [],
    limitName: '',
    publish: undefined,
    targetEnv: 'A_SERVICE_URL',
    service: serviceOf('A_SERVICE_URL'),
    rewrite: undefined,
    stream: false,
  };
}

/** Nanoseconds for one look-up of prefixes, exact paths and unknown paths. */
function measure(size: number): number {
  const table = createRouteTable(Array.from({ length: size }, (_, index) => entry(index)));
  // The same number of paths of each kind for every size, so that only the size of the table differs.
  const step = size / SAMPLES;
  const paths = Array.from({ length: SAMPLES }, (_, i) => i * step + (step > 1 ? i % 2 : 0)).flatMap(
    (index) => [`/v1/${thing(index)}/42/part`, `/v1/${thing(index)}/whole`, `/v2/${thing(index)}`],
  );
  let found = 0;
  const began = process.hrtime.bigint();
  for (let i = 0; i < MATCHES; i += 1) if (table.match('GET', paths[i % paths.length] ?? '', '')) found += 1;
  const elapsed = Number(process.hrtime.bigint() - began);
  if (found === 0 || found === MATCHES) throw new Error('the look-ups found the wrong routes');
  return elapsed / MATCHES;
}

const measured = new Map<number, number[]>(SIZES.map((size) => [size, []]));
for (const size of SIZES) measure(size);
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const size of SIZES) measured.get(size)?.push(measure(size));
}
const fastest = (size: number): number => Math.min(...(measured.get(size) ?? []));
const smallest = fastest(SIZES[0] ?? 0);
for (const size of SIZES) {
  const nanoseconds = fastest(size);
  const ratio = nanoseconds / smallest;
  process.stdout.write(
    `${size} entries: ${nanoseconds.toFixed(0)} ns a look-up, ${ratio.toFixed(2)} times\n`,
  );
  if (ratio > MOST_RATIO) process.exitCode = 1;
}
