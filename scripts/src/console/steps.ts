import { Listr } from 'listr2';
import { print } from './print.ts';

export interface Step {
  title: string;
  /** Says what came of it in a few words, shown beside the title. */
  run: (onDetail: (text: string) => void) => Promise<string | undefined>;
}

export type PrintLine = (line: string) => void;

/** Runs steps beside each other and shows each with its time: live on a terminal, a line each elsewhere. */
export async function runSteps(steps: Step[], printLine: PrintLine = print): Promise<void> {
  // A terminal without a width, as some CI systems have, would get a letter a line.
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
  // An error is told once, by whoever called us.
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
