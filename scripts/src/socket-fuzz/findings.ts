import type { Breach } from './judge-connection.ts';
import type { Sequence, Target } from './sequence.ts';

/** A fault, and the sequences that met it. */
export interface Finding {
  kind: Breach['kind'] | 'a crash';
  target: Target;
  /** Of a crash: which one. */
  signature: string;
  /** Numbers of the sequences that met it. */
  sequences: number[];
  detail: string;
  /** How many sequences had been played when it was first met. */
  after: number;
  /** The smallest sequence that shows the fault by itself, if one does. */
  smallest: Sequence | undefined;
}

type NewFinding = Pick<Finding, 'kind' | 'target' | 'detail' | 'after'> & { signature?: string };

const MOST_NUMBERS = 10;

/** One entry for each kind of fault, however many sequences meet it. */
export class Findings {
  readonly all: Finding[] = [];

  /** @returns the finding, and whether it is new. */
  add(
    { kind, target, signature = '', detail, after }: NewFinding,
    sequence?: number,
  ): { finding: Finding; isNew: boolean } {
    const isSame = (each: Finding): boolean =>
      each.kind === kind && each.target === target && each.signature === signature;
    const known = this.all.find(isSame);
    const finding = known ?? { kind, target, signature, detail, after, sequences: [], smallest: undefined };
    if (known === undefined) this.all.push(finding);
    if (sequence !== undefined && finding.sequences.length < MOST_NUMBERS) finding.sequences.push(sequence);
    return { finding, isNew: known === undefined };
  }
}
