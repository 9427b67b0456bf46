import { styleText } from 'node:util';
import { z } from 'zod';
import { serviceNames } from '../repository/packages.ts';

const LogEntry = z.record(z.string(), z.unknown());
type Style = Parameters<typeof styleText>[0];

const COLOURS: readonly Style[] = ['magenta', 'blue', 'cyan', 'yellow'];
const serviceStyles = new Map<string, Style>([
  ...serviceNames.map((name, index) => [name, COLOURS[index % COLOURS.length] ?? 'white'] as const),
  ['laurel', 'green'],
]);
const levelStyles: Record<string, Style> = { error: 'red', warn: 'yellow', debug: 'gray' };
const NAME_WIDTH = Math.max(...serviceNames.map((name) => name.length));
const hidden = new Set(['timestamp', 'level', 'service', 'message']);

/** One line of a process, for reading: time, process, level, message and fields of JSON lines; others as they came. */
export function readableLine(name: string, line: string): string {
  const label = styleText(serviceStyles.get(name) ?? 'gray', name.padEnd(NAME_WIDTH));
  const entry = parseEntry(line);
  if (entry === undefined) return `${label}  ${line}`;
  const { timestamp, level = '', message = '' } = entry;
  const time = typeof timestamp === 'string' ? clockOf(timestamp) : '';
  const shownLevel = styleText(levelStyles[String(level)] ?? 'white', String(level).padEnd(5));
  return `${time} ${label} ${shownLevel} ${String(message)}${fieldsOf(entry)}`.trimStart();
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return LogEntry.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function clockOf(timestamp: string): string {
  const time = new Date(timestamp);
  return Number.isNaN(time.getTime()) ? timestamp : styleText('gray', time.toTimeString().slice(0, 8));
}

function fieldsOf(entry: Record<string, unknown>): string {
  const fields = Object.entries(entry).filter(([key]) => !hidden.has(key));
  const shown = fields.map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return shown.length === 0 ? '' : `  ${styleText('gray', shown.join(' '))}`;
}
