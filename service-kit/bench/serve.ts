/** The operations of a measured program, by name. */
export type Operations = Record<string, (input: never) => Promise<unknown>>;

interface Call {
  id: number;
  operation: string;
  input: never;
}

/** Lets the parent process call the operations. This process exits with its parent. */
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
  // The parent may have exited while this process was loading.
  if (!process.connected) process.exit();
}

const unknown = (operation: string) => (): never => {
  throw new Error(`there is no operation ${operation}`);
};
