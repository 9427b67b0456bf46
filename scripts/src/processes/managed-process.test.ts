import { expect, it } from 'vitest';
import { ManagedProcess } from './managed-process.ts';

function run(script: string, onLine: (line: string) => void): Promise<ManagedProcess> {
  const spec = { command: process.execPath, args: ['--eval', script], cwd: '/', env: {} };
  return ManagedProcess.spawn(spec, onLine);
}

it('every line is passed on whole and in order, however it was written', async () => {
  const lines: string[] = [];
  const script = `process.stdout.write('on'); setImmediate(() => process.stdout.write('e\\ntwo\\n\\nlast'))`;
  const child = await run(script, (line) => lines.push(line));
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(lines).toEqual(['one', 'two', '', 'last']);
});

it('only the last lines are kept', async () => {
  const child = await run(`for (let n = 1; n <= 100; n += 1) console.log('line ' + n)`, () => {});
  await child.exited;
  expect(child.tail).toHaveLength(30);
  expect(child.tail.at(-1)).toBe('line 100');
  expect(child.tail.at(0)).toBe('line 71');
});
