import type { AnyTxtNode, TxtNode } from '@textlint/ast-node-types';
import type { TextlintRuleModule } from '@textlint/types';
import { phrases } from './phrases.ts';

export const MOST_WORDS = 35;

interface Finding {
  rule: string;
  instead: string;
  at: number;
  found: string;
}

/** A textlint rule: the project's list of phrases, sentences of at most 35 words, no sentence with "What …" as its subject. */
export const plainEnglish: TextlintRuleModule = (context) => {
  const { Syntax, RuleError, report, locator } = context;

  function lint(node: TxtNode, findingsIn: (text: string) => Finding[]): void {
    for (const { rule, instead, at, found } of findingsIn(withoutCode(node, context.getSource(node)))) {
      report(node, new RuleError(`${rule}: "${found}": write ${instead}`, { padding: locator.at(at) }));
    }
  }

  return {
    [Syntax.Header]: (node) => lint(node, phrasesIn),
    [Syntax.Paragraph]: (node) => lint(node, (text) => [...phrasesIn(text), ...sentencesIn(text)]),
    [Syntax.TableCell]: (node) => lint(node, (text) => [...phrasesIn(text), ...sentencesIn(text)]),
  };
};

/** A letter without case: it ends no sentence, and no rule looks for it. */
const MASK = 'ⴰ';

/** The source of a node with the same length and lines, code and addresses masked and marks of Markdown blank. */
function withoutCode(node: TxtNode, source: string): string {
  const start = node.range[0];
  const text: string[] = Array.from({ length: source.length }, (_, index) =>
    source[index] === '\n' ? '\n' : ' ',
  );
  for (const leaf of leaves(node)) {
    for (let at = leaf.range[0] - start; at < leaf.range[1] - start; at += 1) {
      if (text[at] !== '\n') text[at] = leaf.type === 'Str' ? (source[at] ?? ' ') : MASK;
    }
  }
  return text.join('');
}

function leaves(node: AnyTxtNode): AnyTxtNode[] {
  if (node.type === 'Code' || node.type === 'Html') return [node];
  if (!('children' in node)) return node.type === 'Str' ? [node] : [];
  return node.children.flatMap((child: AnyTxtNode) => leaves(child));
}

export function phrasesIn(text: string): Finding[] {
  const flat = text.replaceAll('\n', ' ');
  return phrases.flatMap(({ rule, pattern, instead }) =>
    [...flat.matchAll(pattern)].map((match) => ({ rule, instead, at: match.index, found: match[0] })),
  );
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

export function sentencesIn(text: string): Finding[] {
  return [...segmenter.segment(text.replaceAll('\n', ' '))].flatMap(({ segment, index }) => {
    const at = index + segment.length - segment.trimStart().length;
    const sentence = segment.trim();
    const findings: Finding[] = [];
    const found = `${sentence.split(/\s+/u).slice(0, 4).join(' ')} …`;
    const words = countWords(sentence);
    if (words > MOST_WORDS) {
      findings.push({ rule: 'long-sentence', instead: `at most ${MOST_WORDS} words (${words})`, at, found });
    }
    if (isSubjectWhat(sentence)) {
      findings.push({ rule: 'what-subject', instead: 'a noun as the subject', at, found });
    }
    return findings;
  });
}

function countWords(sentence: string): number {
  return sentence.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word) && !word.includes(MASK)).length;
}

const VERBS =
  'is|are|was|were|has|have|had|does|do|did|can|may|must|will|would|should|goes|comes|stays|gets|needs|makes|takes|keeps|counts|costs';

/** "What is lost is sent again." A title such as "What it costs" has one verb and is fine, and so is a question. */
const SUBJECT_WHAT = new RegExp(`^What\\b.*\\b(?:${VERBS})\\b.*\\b(?:${VERBS})\\b`, 'u');

function isSubjectWhat(sentence: string): boolean {
  return SUBJECT_WHAT.test(sentence) && !sentence.endsWith('?');
}
