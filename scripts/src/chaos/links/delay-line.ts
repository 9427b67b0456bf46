interface Waiting {
  dueAt: number;
  act: () => void;
}

/** Runs actions after a delay and in their order of arrival, even when the delay shrinks in between. */
export function createDelayLine(delayMs: () => number): (act: () => void) => void {
  const waiting: Waiting[] = [];

  function actOnDue(): void {
    for (let first = waiting[0]; first; first = waiting[0]) {
      const wait = first.dueAt - performance.now();
      if (wait > 0) {
        setTimeout(actOnDue, wait);
        return;
      }
      waiting.shift();
      first.act();
    }
  }

  return (act) => {
    const delay = delayMs();
    if (delay === 0 && waiting.length === 0) {
      act();
      return;
    }
    waiting.push({ dueAt: performance.now() + delay, act });
    if (waiting.length === 1) actOnDue();
  };
}
