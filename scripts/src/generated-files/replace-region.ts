/**
 * Puts lines between `# begin NAME` and `# end NAME`, as deep as those are.
 *
 * @throws {Error} when the text has no such region
 */
export function replaceRegion(text: string, name: string, lines: readonly string[]): string {
  const region = new RegExp(`^( *)# begin ${name}\\n[^]*?^ *# end ${name}$`, 'm');
  if (!region.test(text)) throw new Error(`"# begin ${name}" and "# end ${name}" are missing`);
  return text.replace(region, (_, indent: string) =>
    [`# begin ${name}`, ...lines, `# end ${name}`]
      .map((line) => (line === '' ? '' : indent + line))
      .join('\n'),
  );
}
