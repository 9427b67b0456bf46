import type { PlannedConnection, Sequence } from './sequence.ts';

/** All sequences that do a little less: one connection less, one request less, one step less. */
function smallerSequences(sequence: Sequence): Sequence[] {
  const { connections } = sequence;
  const without =
    connections.length < 2 ? [] : connections.map((_, index) => connections.toSpliced(index, 1));
  const smaller = connections.flatMap((connection, index) =>
    smallerConnections(connection).map((less) => connections.with(index, less)),
  );
  return [...without, ...smaller].map((each) => ({
    number: sequence.number,
    target: sequence.target,
    connections: each,
  }));
}

function smallerConnections(connection: PlannedConnection): PlannedConnection[] {
  const { requests, steps } = connection;
  const fewerRequests =
    requests.length < 2 ? [] : requests.map((_, index) => withoutRequest(connection, index));
  // The last step ends the connection; dropping the last send equals dropping the request.
  const fewerSteps = steps.slice(0, -1).flatMap((step, index) => {
    const isEndOfAll = step.do === 'send' && !steps.slice(index + 1).some((later) => later.do === 'send');
    return isEndOfAll ? [] : [{ ...connection, steps: steps.toSpliced(index, 1) }];
  });
  return [...fewerRequests, ...fewerSteps];
}

/** A send up to a part of the dropped request becomes a send up to the end of the request before. */
function withoutRequest(connection: PlannedConnection, dropped: number): PlannedConnection {
  const steps = connection.steps.flatMap((step) => {
    if (step.do !== 'send' || step.request < dropped) return [step];
    if (step.request > dropped) return [{ ...step, request: step.request - 1 }];
    return dropped === 0 ? [] : [{ ...step, request: dropped - 1, part: 1 }];
  });
  return { ...connection, requests: connection.requests.toSpliced(dropped, 1), steps };
}

export interface ShrinkLimits {
  limitMs: number;
  clock: () => number;
}

/**
 * Makes a sequence smaller as long as it still shows its fault.
 *
 * @param shows plays a sequence, perhaps more than once, since the fault may depend on timing
 */
export async function shrinkSequence(
  sequence: Sequence,
  shows: (candidate: Sequence) => Promise<boolean>,
  { limitMs, clock }: ShrinkLimits,
): Promise<Sequence> {
  const limit = clock() + limitMs;
  let smallest = sequence;
  let again = true;
  while (again) {
    again = false;
    for (const candidate of smallerSequences(smallest)) {
      if (clock() > limit) return smallest;
      if (!(await shows(candidate))) continue;
      smallest = candidate;
      again = true;
      break;
    }
  }
  return smallest;
}
