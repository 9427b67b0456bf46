import { parseArgs } from 'node:util';
import { serviceOf, type ServiceRoute } from '../src/routing/route.ts';
import { createRouteTable } from '../src/routing/route-table.ts';

// Whether finding the entry of a request costs the same in a table of any size: alternated rounds, the
// fastest of each, because others on the machine only ever slow one down.
// `node bench/route-table.ts [--rounds 15]`

const SIZES = [10, 100, 1_000];
/** Entries that are looked for, every other one a prefix. */
const SAMPLES = 10;
const MATCHES = 400_000;
const MOST_RATIO = 1.2;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });

/** Names of one length, whatever the size. */
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

/** Nanoseconds for one look-up, over prefixes, exact paths and paths that nobody has. */
function measure(size: number): number {
  const table = createRouteTable(Array.from({ length: size }, (_, index) => entry(index)));
  // As many paths of each kind for every size, so that the size of the table is all that differs.
  const step = size / SAMPLES;
  const paths = Array.from({ length: SAMPLES }, (_, i) => i * step + (step > 1 ? i % 2 : 0)).flatMap(
    (index) => [`/v1/${thing(index)}/42/part`, `/v1/${thing(index)}/whole`, `/v2/${thing(index)}`],
  );
  let found = 0;
  const began = process.hrtime.bigint();
  for (let i = 0; i < MATCHES; i += 1) if (table.match('GET', paths[i % paths.length] ?? '', '')) found += 1;
  const elapsed = Number(process.hrtime.bigint() - began);
  if (found === 0 || found === MATCHES) throw new Error('the look-ups are not what they should be');
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
