import { expect, it } from 'vitest';
import { treePaths } from './folder-trees.ts';

it('reads the paths of a tree from the root, and no other code', () => {
  const text = [
    '```tree',
    'a/            one',
    '  b/          two',
    '    c.ts      three',
    '  d/          four',
    'e/',
    '```',
    '',
    '```',
    'f/',
    '```',
  ];
  expect(treePaths(text.join('\n'))).toEqual(['a/', 'a/b/', 'a/b/c.ts', 'a/d/', 'e/']);
});
