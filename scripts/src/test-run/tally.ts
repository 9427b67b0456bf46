import { print } from '../console/print.ts';
import { seconds } from '../console/steps.ts';

export interface Counts {
  passed: number;
  failed: number;
}

export interface Outcome extends Counts {
  /** Shown in full when something failed. */
  output: string;
}

/** A run that is counted. */
export interface Job {
  title: string;
  run: () => Promise<Outcome>;
}

/** Runs jobs, some in parallel, prints a line for each and adds up their counts. */
export class Tally {
  readonly counts: Counts = { passed: 0, failed: 0 };

  async run(jobs: Job[], beside: number): Promise<void> {
    const waiting = jobs.values();
    const work = async () => {
      for (const job of waiting) await this.#runOne(job);
    };
    await Promise.all(Array.from({ length: beside }, work));
  }

  get lastLine(): string {
    return told(this.counts);
  }

  async #runOne({ title, run }: Job): Promise<void> {
    const startedAt = performance.now();
    const outcome = await run().catch((error: unknown): Outcome => {
      const output = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { passed: 0, failed: 1, output };
    });
    const { passed, failed, output } = outcome;
    this.counts.passed += passed;
    this.counts.failed += failed;
    const mark = failed === 0 ? '✔' : '✖';
    const time = seconds(performance.now() - startedAt);
    print(`${mark} ${title}${passed + failed === 1 ? '' : `  ${told(outcome)}`}  ${time}`);
    if (failed > 0) print(output.trimEnd().replaceAll(/^/gm, '    '));
  }
}

function told({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}
