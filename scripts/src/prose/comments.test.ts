import { expect, it } from 'vitest';
import { commentsOf } from './comments.ts';

it('reads line comments, blocks and docstrings, with the line where each begins', () => {
  const source = [
    '/** A docstring. */',
    'export const a = 1; // Beside the code.',
    '',
    '/*',
    ' * A block',
    ' * of two lines.',
    ' */',
  ];
  expect(commentsOf('a.ts', source.join('\n'))).toEqual([
    { line: 1, text: 'A docstring.' },
    { line: 2, text: 'Beside the code.' },
    { line: 4, text: '\nA block\nof two lines.\n' },
  ]);
});

it('takes line comments below each other for one text', () => {
  const source = '// A sentence over\n  // two lines.\n\n// Another.';
  expect(commentsOf('a.ts', source)).toEqual([
    { line: 1, text: 'A sentence over\ntwo lines.' },
    { line: 4, text: 'Another.' },
  ]);
});

it('reads no strings, templates or patterns', () => {
  const source = 'const a = "// no"; const b = `/* no */ ${1 /* yes */}`; const c = /\\/\\/ no/;';
  expect(commentsOf('a.ts', source)).toEqual([{ line: 1, text: 'yes' }]);
});

it('takes tags of JSDoc for code', () => {
  const source = '/** {@link whoever} is used.\n * @param lane the channel */';
  expect(commentsOf('a.ts', source)).toEqual([
    { line: 1, text: '`{@link whoever}` is used.\n`@param` lane the channel' },
  ]);
});

it('leaves directives to tools out', () => {
  const source = '// oxlint-disable-next-line no-console\n/// <reference types="node" />\nconst a = 1;';
  expect(commentsOf('a.ts', source)).toEqual([]);
});
