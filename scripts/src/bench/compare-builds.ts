import { basename } from 'node:path';
import { repositoryRoot } from '../repository/packages.ts';
import type { Measured } from './benchmark.ts';
import { median } from './statistics.ts';

/** A checkout whose build is measured. */
export interface Build {
  checkout: string;
  /** Ends the names of its candidates; empty where only one build is measured. */
  suffix: string;
}

const OWN = ', this build';
const OTHER = ', other build';

/** This build and, with `--against`, the one of another checkout. */
export const buildsOf = (against: string | undefined): Build[] =>
  against === undefined
    ? [{ checkout: repositoryRoot, suffix: '' }]
    : [
        { checkout: repositoryRoot, suffix: OWN },
        { checkout: against, suffix: `${OTHER} (${basename(against)})` },
      ];

/** The ratio of the medians of this build to those of the other one, a line for each pair of candidates. */
export function compareBuilds(measured: readonly Measured[], figures: readonly string[]): string[] {
  return measured.flatMap((own) => {
    if (!own.candidate.endsWith(OWN)) return [];
    const name = own.candidate.slice(0, -OWN.length);
    const other = measured.find(({ candidate }) => candidate.startsWith(name + OTHER));
    if (other === undefined) return [];
    const ratios = figures.map((figure) => {
      const ratio = medianOf(own, figure) / medianOf(other, figure);
      return `${figure} ${Math.round(ratio * 1_000) / 10} %`;
    });
    return [`${name}: this build has ${ratios.join(', ')} of the other build`];
  });
}

const medianOf = ({ rounds }: Measured, figure: string): number =>
  median(rounds.map((figures) => figures[figure] ?? Number.NaN));
