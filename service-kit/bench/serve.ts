/** What a measured program is asked to do, by name. */
export type Operations = Record<string, (input: never) => Promise<unknown>>;

interface Call {
  id: number;
  operation: string;
  input: never;
}

/** Lets the process that forked this one call the operations; when it goes, so does this one. */
export function serve(operations: Operations): void {
  process.on('message', ({ id, operation, input }: Call) => {
    const answer = (reply: object): void => void process.send?.({ id, ...reply });
    Promise.try(operations[operation] ?? unknown(operation), input).then(
      (result) => answer({ result }),
      (error: unknown) =>
        answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.once('disconnect', () => process.exit());
  // It may have gone while this one was still being loaded.
  if (!process.connected) process.exit();
}

const unknown = (operation: string) => (): never => {
  throw new Error(`there is no operation ${operation}`);
};
