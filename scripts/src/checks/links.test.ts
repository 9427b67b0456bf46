import { expect, it } from 'vitest';
import { linkTargets } from './links.ts';

it('relative links, pictures and reference definitions are found, without their anchors', () => {
  const text = ['[a](docs/a.md#part) ![b](b.png "B")', '[c][c]', '', '[c]: ../c.md'].join('\n');
  expect(linkTargets(text)).toEqual(['docs/a.md', 'b.png', '../c.md']);
});

it('what leads elsewhere, anchors of the page itself and code are left out', () => {
  const text = [
    '[a](https://example.org) [b](#part) [c](mailto:x@example.org)',
    '`[d](d.md)`',
    '```',
    '[e](e.md)',
    '```',
  ];
  expect(linkTargets(text.join('\n'))).toEqual([]);
});
