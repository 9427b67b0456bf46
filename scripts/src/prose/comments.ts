import { parseSync } from 'oxc-parser';
import type { Prose } from './texts.ts';

/** The comments of a TypeScript source; line comments below each other are one text. Directives to tools are left out. */
export function commentsOf(file: string, source: string): Prose[] {
  const { comments } = parseSync(file, source);
  const found: { prose: Prose; isLine: boolean; end: number }[] = [];
  for (const { type, value, start, end } of comments) {
    const last = found.at(-1);
    const isLine = type === 'Line';
    if (isLine && last?.isLine === true && isNextLine(source.slice(last.end, start))) {
      last.prose.text += `\n${value.trim()}`;
      last.end = end;
    } else {
      const text = isLine ? value.trim() : blockText(value);
      found.push({ prose: { line: lineAt(source, start), text }, isLine, end });
    }
  }
  return found.map(({ prose }) => prose).filter(({ text }) => !isDirective(text));
}

function isNextLine(between: string): boolean {
  return /^\r?\n[ \t]*$/u.test(between);
}

/** Without the stars at the left; tags and links of JSDoc are code. */
function blockText(value: string): string {
  return value
    .split('\n')
    .map((line) => line.replace(/^\s*\*+\s?/u, '').trim())
    .join('\n')
    .replaceAll(/\{@\w+[^}]*\}|@\w+/gu, '`$&`');
}

function isDirective(text: string): boolean {
  return /^(?:oxlint-|eslint-|@ts-|[#/]|v8 ignore)/u.test(text);
}

function lineAt(source: string, index: number): number {
  return source.slice(0, index).split('\n').length;
}
