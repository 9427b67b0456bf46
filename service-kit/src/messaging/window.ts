export interface Window {
  /** Resolves when there is room and nothing holds the window back; first come, first served. */
  enter(): Promise<void>;
  leave(): void;
  /** Lets nobody in until `resume`. */
  pause(): void;
  resume(): void;
  taken(): number;
}

const COMPACT_AT = 1_024;

/** A bounded number of places with a queue before it: what limits the messages in flight. */
export function createWindow(size: number): Window {
  let taken = 0;
  let paused = false;
  // A queue by index, because `shift` on a long array moves all of it.
  let waiting: (() => void)[] = [];
  let head = 0;

  function admit(): void {
    while (!paused && taken < size) {
      const enter = waiting[head];
      if (!enter) break;
      head += 1;
      taken += 1;
      enter();
    }
    if (head >= COMPACT_AT) {
      waiting = waiting.slice(head);
      head = 0;
    }
  }

  return {
    enter: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        admit();
      }),
    leave: () => {
      taken -= 1;
      admit();
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      admit();
    },
    taken: () => taken,
  };
}
