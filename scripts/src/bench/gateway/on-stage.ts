import type { PreparedBenchmark } from '../benchmark.ts';
import { startTokenMint } from '../token-mint.ts';
import type { ProxyContext } from './proxies.ts';
import { ProxyStage } from './proxy-stage.ts';

/**
 * Starts an upstream and a mint for tokens, and stops both when `prepare` fails.
 *
 * @param upstream program that serves on the port in its first argument
 * @param prepare starts the measured proxies
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
