/**
 * Works off what is due, batch by batch, until a batch is not full.
 *
 * @param due gives at most `limit` ids
 */
export async function workOff(
  due: (limit: number) => Promise<readonly string[]>,
  work: (id: string) => Promise<void>,
): Promise<void> {
  for (;;) {
    const ids = await due(BATCH);
    for (const id of ids) await work(id);
    if (ids.length < BATCH) return;
  }
}

const BATCH = 100;
