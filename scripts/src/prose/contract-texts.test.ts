import { expect, it } from 'vitest';
import { contractTexts } from './contract-texts.ts';

it('reads summaries and descriptions of YAML and JSON, with their lines', () => {
  const yaml = 'info:\n  title: A title\n  description: >\n    A text.\noperation:\n  summary: Another.\n';
  expect(contractTexts(yaml)).toEqual([
    { line: 3, text: 'A text.\n' },
    { line: 6, text: 'Another.' },
  ]);
  expect(contractTexts('{\n  "paths": { "/a": {\n    "summary": "A text." } }\n}')).toEqual([
    { line: 3, text: 'A text.' },
  ]);
});

it('reads a repeated text once', () => {
  expect(contractTexts('a:\n  description: The same.\nb:\n  description: The same.\n')).toHaveLength(1);
});

it('reads each case of a response, between semicolons, as a text', () => {
  const texts = contractTexts('description: Invalid request; Too large');
  expect(texts.map(({ text }) => text)).toEqual(['Invalid request', 'Too large']);
});

it('reads neither examples nor properties that are called like a text', () => {
  const yaml = 'example:\n  description: data\nproperties:\n  description:\n    type: string\n';
  expect(contractTexts(yaml)).toEqual([]);
});
