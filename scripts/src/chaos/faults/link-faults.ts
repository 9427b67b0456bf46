import type { LinkState } from '../links/link.ts';
import type { PlannedFault } from './fault.ts';
import type { ApplyFault, FaultWorld } from './world.ts';

export const latency = inState(({ amount }) => ({ is: 'slow', delayMs: amount }));
export const halfOpen = inState(() => ({ is: 'half-open' }));
export const cut = inState(() => ({ is: 'cut' }));

export const reset: ApplyFault = async ({ target }, world) => {
  linkFor(target, world).reset();
  return { met: target };
};

function inState(stateFor: (fault: PlannedFault) => LinkState): ApplyFault {
  return async (fault, world) => {
    const link = linkFor(fault.target, world);
    link.set(stateFor(fault));
    return { met: link.name, undo: async () => link.clear() };
  };
}

function linkFor(name: string, { chaos }: FaultWorld) {
  const link = chaos.links.find((each) => each.name === name);
  if (!link) throw new Error(`there is no link ${name}`);
  return link;
}
