import { runLoad, type LoadPlan } from './run-load.ts';

// The load runs in a process of its own, so that it shares no event loop with what is measured or measures.
process.once('message', (plan: LoadPlan) => {
  runLoad(plan).then(
    (result) => process.send?.(result, () => process.disconnect()),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exitCode = 1;
      process.disconnect();
    },
  );
});
