import { TextlintKernel } from '@textlint/kernel';
import { MarkdownProcessor } from '@textlint/textlint-plugin-markdown/lib/src/MarkdownProcessor.js';
import { plainEnglish } from './plain-english.ts';
import type { Prose } from './texts.ts';

const kernel = new TextlintKernel();
const plugins = [{ pluginId: 'markdown', plugin: { Processor: MarkdownProcessor } }];
const rules = [{ ruleId: 'plain-english', rule: plainEnglish }];

/** What the rules find in the texts of a file, as `file:line: rule: "the words": write …`. */
export async function lintProse(file: string, texts: readonly Prose[]): Promise<string[]> {
  const findings = await Promise.all(
    texts.map(async ({ line, text }) => {
      const { messages } = await kernel.lintText(text, { ext: '.md', plugins, rules });
      return messages.map((found) => ({ line: line - 1 + found.loc.start.line, message: found.message }));
    }),
  );
  return findings.flat().map(({ line, message }) => `${file}:${line}: ${message}`);
}
