import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readCodes, type CodeFormat } from './code-lines.ts';

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const cut of [...cuts, bytes.length].toSorted((a, b) => a - b)) {
    yield bytes.subarray(from, Math.min(cut, bytes.length));
    from = Math.min(cut, bytes.length);
  }
}

async function readAll(bytes: Buffer, cuts: readonly number[] = [], format: CodeFormat = 'csv') {
  const all = { codes: [] as string[], invalid: 0, batches: 0 };
  for await (const { codes, invalid } of readCodes(chunksOf(bytes, cuts), format)) {
    all.codes.push(...codes);
    all.invalid += invalid;
    all.batches += 1;
  }
  return all;
}

it('a body says the same wherever it is cut on its way', async () => {
  const line = fc.oneof(
    fc.constantFrom('', '\r', '"quoted, ""cell"""', 'A,B', 'Ä🎁', 'x'.repeat(200), 'x'.repeat(5_000)),
    fc.string({ maxLength: 40 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(6_000)), async (lines, cuts) => {
      const bytes = Buffer.from(lines.join('\n'));
      expect(await readAll(bytes, cuts)).toEqual(await readAll(bytes));
    }),
    { numRuns: 300 },
  );
});

it('codes come in batches, however many there are', async () => {
  const codes = Array.from({ length: 4_500 }, (_, index) => `CODE-${index}`);
  expect(await readAll(Buffer.from(codes.join('\n')))).toEqual({ codes, invalid: 0, batches: 3 });
});

it('a code with half a surrogate pair, or with something that nobody sees, is invalid', async () => {
  const lines = ['A\\ud800', '\\udc00', 'A\\u3164', '\\u2800', 'A\\u200b'].map(
    (code) => `{"code":"${code}"}`,
  );
  const bytes = Buffer.from([...lines, '{"code":"A","\\ud800":1}', '{"code":"\\ud83c\\udf81"}'].join('\n'));
  expect(await readAll(bytes, [], 'ndjson')).toEqual({ codes: ['🎁'], invalid: 6, batches: 1 });
  const raw = Buffer.concat([Buffer.from('A\u3164\nB'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('\nC')]);
  expect(await readAll(raw)).toMatchObject({ codes: ['C'], invalid: 2 });
});

it('an upload of empty lines leaves the event loop to others', async () => {
  let turns = 0;
  let isRead = false;
  const reading = readAll(Buffer.alloc(200_000, '\n')).finally(() => (isRead = true));
  while (!isRead) {
    await new Promise(setImmediate);
    turns += 1;
  }
  expect(await reading).toMatchObject({ codes: [], invalid: 0 });
  expect(turns).toBeGreaterThan(100);
});
