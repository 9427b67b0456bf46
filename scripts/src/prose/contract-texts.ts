import { isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Prose } from './texts.ts';

const textKeys: ReadonlySet<unknown> = new Set(['summary', 'description']);
const exampleKeys: ReadonlySet<unknown> = new Set(['example', 'examples']);

/** The summaries and descriptions of an OpenAPI or AsyncAPI document or a JSON Schema (JSON or YAML), each text once. */
export function contractTexts(source: string): Prose[] {
  const lines = new LineCounter();
  const texts = new Map<string, Prose>();
  visit(parseDocument(source, { lineCounter: lines }), {
    Pair(_, { key, value }) {
      if (!isScalar(key)) return undefined;
      if (exampleKeys.has(key.value)) return visit.SKIP;
      if (!textKeys.has(key.value) || !isScalar(value) || typeof value.value !== 'string') return undefined;
      const { line } = lines.linePos(value.range?.[0] ?? 0);
      for (const text of cases(value.value)) if (!texts.has(text)) texts.set(text, { line, text });
      return undefined;
    },
  });
  return [...texts.values()];
}

/** The description of a response lists its cases with semicolons: each is a text of its own. */
function cases(text: string): string[] {
  return text.split(/;\s+(?=[\p{Lu}`])/u);
}
