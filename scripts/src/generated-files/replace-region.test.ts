import { expect, it } from 'vitest';
import { replaceRegion } from './replace-region.ts';

it('replaces the lines of a region at its depth and nothing else', () => {
  const text = 'a:\n  # begin x\n  old: 1\n  # end x\nb: 2\n';
  expect(replaceRegion(text, 'x', ['new: 2', '  $&: 3'])).toBe(
    'a:\n  # begin x\n  new: 2\n    $&: 3\n  # end x\nb: 2\n',
  );
  expect(replaceRegion(text, 'x', [])).toBe('a:\n  # begin x\n  # end x\nb: 2\n');
});

it('refuses a text without the region', () => {
  expect(() => replaceRegion('a', 'x', [])).toThrow('"# begin x" and "# end x" are missing');
});
