import { parentPort } from 'node:worker_threads';
import { z } from 'zod';
import { weaknessOf } from './password-strength.ts';

// The thread of `createPasswordJudge`: it answers one question after the other, and says first that it is ready.

const Question = z.object({ password: z.string(), personal: z.array(z.string()) });

parentPort?.on('message', (message: unknown) => {
  const { password, personal } = Question.parse(message);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage({ weakness: weaknessOf(password, personal) });
});
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage('ready');
