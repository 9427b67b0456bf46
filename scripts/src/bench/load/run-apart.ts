import { fork } from 'node:child_process';

/**
 * Runs a program in a process of its own, so that it shares no event loop with what is measured or measures.
 *
 * @param program file that takes one message, the plan, and answers with one, the result
 */
export function runApart<Result>(program: string, plan: object, cwd?: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = fork(program, { serialization: 'advanced', ...(cwd !== undefined && { cwd }) });
    child.once('message', (result: Result) => resolve(result));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program} ended with exit code ${code} and no result`)));
    child.send(plan);
  });
}

/** The other end of it: runs `work` with the plan and sends its result. */
export function answerOnce(work: (plan: never) => Promise<object>): void {
  process.once('message', (plan) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parent process sends the plan
    work(plan as never).then(
      (result) => process.send?.(result, () => process.disconnect()),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exitCode = 1;
        process.disconnect();
      },
    );
  });
}
