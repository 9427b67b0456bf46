import type { Link, LinkState } from '../links/link.ts';
import { PRIMARY, SECONDARY } from './catalogue.ts';
import type { PlannedFault } from './fault.ts';
import { serverFor } from './server-for.ts';
import type { ApplyFault, FaultWorld } from './world.ts';

export const latency = inState(({ amount }) => ({ is: 'slow', delayMs: amount }));
export const halfOpen = inState(() => ({ is: 'half-open' }));
export const cut = inState(() => ({ is: 'cut' }));

export const reset: ApplyFault = async ({ target }, world) => {
  const link = await linkFor(target, world);
  link.reset();
  return { met: link.name };
};

function inState(stateFor: (fault: PlannedFault) => LinkState): ApplyFault {
  return async (fault, world) => {
    const link = await linkFor(fault.target, world);
    link.set(stateFor(fault));
    return { met: link.name, undo: async () => link.clear() };
  };
}

/** The link of this name, or the one that leads to the server with this role. */
async function linkFor(target: string, world: FaultWorld): Promise<Link> {
  const inRole = target === PRIMARY || target === SECONDARY;
  const name = inRole ? `all → ${(await serverFor(target, world)).name}` : target;
  const link = world.chaos.links.find((each) => each.name === name);
  if (!link) throw new Error(`there is no link ${name}`);
  return link;
}
