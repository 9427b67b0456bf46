import type { PreparedBenchmark } from '../benchmark.ts';
import { startTokenMint } from '../token-mint.ts';
import type { ProxyContext } from './proxies.ts';
import { ProxyStage } from './proxy-stage.ts';

/**
 * Sets a stage with what proxies lead to and keys for tokens, and takes it down again when nothing comes of it.
 *
 * @param upstream program that serves on the port that is its first argument
 * @param prepare puts on it what is measured
 */
export async function onStage(
  upstream: string,
  prepare: (context: ProxyContext) => Promise<Omit<PreparedBenchmark, 'stop'>>,
): Promise<PreparedBenchmark> {
  const stage = await ProxyStage.start();
  const mint = await startTokenMint();
  const stop = async (): Promise<void> => {
    await stage.stop();
    await mint.stop();
  };
  try {
    const { port: upstreamPort } = await stage.startUpstream(upstream);
    return { ...(await prepare({ stage, upstreamPort, mint })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
