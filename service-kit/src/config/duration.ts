/** A duration, as written and in milliseconds. */
export interface Duration {
  label: string;
  ms: number;
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** @returns undefined unless the text is a whole number with a unit: `ms`, `s`, `m`, `h`, `d` */
export function parseDuration(label: string): Duration | undefined {
  const [, amount = '', unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(label) ?? [];
  const factor = UNITS[unit];
  return factor === undefined ? undefined : { label, ms: Number(amount) * factor };
}
