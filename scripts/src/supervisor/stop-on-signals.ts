import type { Supervisor } from './supervisor.ts';

/** The first signal stops everything in order, the second one at once. Resolves when it is done. */
export function stopOnSignals(supervisor: Supervisor, onFirst: () => void = () => {}): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    if (signals === 1) {
      onFirst();
      supervisor.stop().then(resolve, reject);
    } else {
      void supervisor.kill();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return promise;
}
