import { Listr } from 'listr2';
import { print } from './print.ts';

export interface Step {
  title: string;
  /** Returns its result in a few words, which are shown next to the title. */
  run: (onDetail: (text: string) => void) => Promise<string | undefined>;
}

export type PrintLine = (line: string) => void;

/** Runs steps in parallel and shows each with its time: live on a terminal, otherwise one line each. */
export async function runSteps(steps: Step[], printLine: PrintLine = print): Promise<void> {
  // Some CI systems have a terminal without a width, which would get one letter a line.
  const live = process.stdout.isTTY && process.stdout.columns > 0 && process.env['CI'] === undefined;
  await (live ? runLive(steps) : runPlainly(steps, printLine));
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

async function runLive(steps: Step[]): Promise<void> {
  const tasks = steps.map(({ title, run }) => ({
    title,
    task: async (_: unknown, task: { title: string; output: string }) => {
      const startedAt = performance.now();
      const result = await run((text) => {
        task.output = text;
      });
      task.title = doneLine(title, result, startedAt);
    },
  }));
  // The caller prints the error.
  const rendererOptions = { showErrorMessage: false, collapseErrors: false };
  await new Listr(tasks, {
    concurrent: true,
    exitOnError: true,
    rendererOptions,
    registerSignalListeners: false,
  }).run();
}

async function runPlainly(steps: Step[], printLine: PrintLine): Promise<void> {
  const running = steps.map(async ({ title, run }) => {
    const startedAt = performance.now();
    try {
      const result = await run((text) => printLine(`… ${title}: ${text}`));
      printLine(`✔ ${doneLine(title, result, startedAt)}`);
    } catch (error) {
      printLine(`✖ ${title}`);
      throw error;
    }
  });
  await Promise.all(running);
}

function doneLine(title: string, result: string | undefined, startedAt: number): string {
  const time = seconds(performance.now() - startedAt);
  return result === undefined ? `${title}  ${time}` : `${title}: ${result}  ${time}`;
}
