import { expect, it } from 'vitest';
import { lintProse } from './lint-prose.ts';

const good = [
  'There is one claim per event, reward, account and period. Sending it again returns the same claim.',
  'A crash at any point is safe: every step can be repeated without a second effect.',
  'A batch that fails is bisected, so that one bad message harms itself alone.',
  '# What it costs',
  'What happens when RabbitMQ is down?',
  'The ADR lists what it costs and what was rejected.',
  'The rest of the batch is committed; passwords are encrypted at rest.',
  'The rule names `whoever`, `scene` and `lane` as [examples](whoever.md).',
  'MongoDB is unavailable for ten seconds at most.',
];

const bad: [string, string][] = [
  ['Whoever settles the claim tells the others.', 'who'],
  ['Rewards are granted once, whatever crashes.', 'whatever'],
  ['It names no host, two, or one that is none.', 'none'],
  ['There are two kinds, one of which is new.', 'of-which'],
  ['It fetches Node 24 where there is none.', 'where-for-if'],
  ['All messages are mandatory, but for revocations.', 'but-for'],
  ['What the broker did not confirm is sent again.', 'what-subject'],
  ['What is heard while it runs must be learned.', 'what-subject'],
  ['A batch is taken apart on other errors.', 'old-word'],
  ['The consumer has one lane for each channel.', 'old-word'],
  ['A rest after each group leaves processors to others.', 'old-word'],
  ['The ledger reads its books first.', 'old-word'],
  ['| word | meaning |\n|---|---|\n| scene | the scene of a claim |', 'old-word'],
  [`${'word '.repeat(36)}end.`, 'long-sentence'],
];

it.each(good)('accepts: %s', async (text) => {
  expect(await lintProse('a.md', [{ line: 1, text }])).toEqual([]);
});

it.each(bad)('refuses: %s', async (text, rule) => {
  const findings = await lintProse('a.md', [{ line: 1, text }]);
  expect(findings).not.toEqual([]);
  for (const finding of findings) expect(finding).toMatch(new RegExp(`^a\\.md:\\d+: ${rule}: `, 'u'));
});

it('names the line of the words, the rule and the words to write instead', async () => {
  const text = 'A sentence.\nAnother one, on a line\nof its own, but for its end.';
  expect(await lintProse('docs/a.md', [{ line: 10, text }])).toEqual([
    'docs/a.md:12: but-for: "but for": write "except"',
  ]);
});

it('counts no code as a word of a sentence', async () => {
  const text = `The scripts are ${'`up`, '.repeat(40)}and no more.`;
  expect(await lintProse('a.md', [{ line: 1, text }])).toEqual([]);
});

it('finds a phrase that a line break divides', async () => {
  const findings = await lintProse('a.md', [{ line: 1, text: 'It is one\nof\nwhich nothing is known.' }]);
  expect(findings).toEqual([expect.stringContaining('a.md:2: of-which')]);
});
