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

const MOST_NUMBERS = 10;

/** One entry for each kind of fault, however many sequences meet it. */
export class Findings {
  readonly all: Finding[] = [];

  /** @returns the finding, and whether it is new */
  add(
    kind: Finding['kind'],
    target: Target,
    sequence: number | undefined,
    detail: string,
    after: number,
    signature = '',
  ): { finding: Finding; isNew: boolean } {
    const known = this.all.find(
      (each) => each.kind === kind && each.target === target && each.signature === signature,
    );
    if (known) {
      if (sequence !== undefined && known.sequences.length < MOST_NUMBERS) known.sequences.push(sequence);
      return { finding: known, isNew: false };
    }
    const finding: Finding = {
      kind,
      target,
      signature,
      sequences: sequence === undefined ? [] : [sequence],
      detail,
      after,
      smallest: undefined,
    };
    this.all.push(finding);
    return { finding, isNew: true };
  }
}
