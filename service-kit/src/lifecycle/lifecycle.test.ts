import { describe, expect, it } from 'vitest';
import type { Logger } from '../logging/index.ts';
import { createLifecycle, ShutdownTimeoutError, StoppedError, type Component } from './index.ts';

function recorder() {
  const events: string[] = [];
  const note = (event: string) => async () => void events.push(event);
  const component = (name: string): Component => ({
    name,
    start: note(`start ${name}`),
    stop: note(`stop ${name}`),
  });
  const readiness = { open: () => void events.push('ready'), drain: () => void events.push('not ready') };
  const logger: Logger = {
    error: (message, fields) => void events.push(`error ${message} ${JSON.stringify(fields)}`),
    warn: () => undefined,
    info: () => undefined,
    debug: () => undefined,
    child: () => logger,
  };
  const lifecycleOf = (...components: Component[]) =>
    createLifecycle({ logger, shutdownTimeoutMs: 50, components, readiness });
  return { events, component, lifecycleOf };
}

const failing = async () => {
  throw new Error('no');
};
const endless = () => new Promise<void>(() => undefined);

describe('a lifecycle', () => {
  it('starts in order and is ready; stops in reverse and is not ready first', async () => {
    const { events, component, lifecycleOf } = recorder();
    const lifecycle = lifecycleOf(component('store'), { name: 'passive' }, component('http'));
    await lifecycle.start();
    await lifecycle.stop();
    expect(events).toEqual(['start store', 'start http', 'ready', 'not ready', 'stop http', 'stop store']);
  });

  it('stops the started components when one fails to start, and fails with its error', async () => {
    const { events, component, lifecycleOf } = recorder();
    const lifecycle = lifecycleOf(
      component('store'),
      { ...component('http'), start: failing },
      component('last'),
    );
    await expect(lifecycle.start()).rejects.toThrow('no');
    expect(events).toEqual(['start store', 'stop store']);
  });

  it('stops the other components when one fails to stop', async () => {
    const { events, component, lifecycleOf } = recorder();
    const lifecycle = lifecycleOf(component('store'), { ...component('http'), stop: failing });
    await lifecycle.start();
    await lifecycle.stop();
    expect(events.at(-2)).toContain('error Component failed to stop {"component":"http"');
    expect(events.at(-1)).toBe('stop store');
  });

  it('fails after the time limit of a stop, and names the remaining components', async () => {
    const { component, lifecycleOf } = recorder();
    const lifecycle = lifecycleOf(component('store'), { ...component('http'), stop: endless });
    await lifecycle.start();
    const stopped = lifecycle.stop();
    await expect(stopped).rejects.toThrow(ShutdownTimeoutError);
    await expect(stopped).rejects.toThrow('not stopped within 50 ms: store, http');
  });

  it('stops once, however often stop is called', async () => {
    const { events, component, lifecycleOf } = recorder();
    const lifecycle = lifecycleOf(component('store'));
    await lifecycle.start();
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(events.filter((event) => event === 'stop store')).toHaveLength(1);
  });

  it('starts no further component and is never ready when it is stopped while starting', async () => {
    const { events, component, lifecycleOf } = recorder();
    const begun = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const start = async () => {
      begun.resolve();
      await released.promise;
    };
    const lifecycle = lifecycleOf(component('store'), { ...component('slow'), start }, component('http'));
    const started = lifecycle.start();
    await begun.promise;
    const stopped = lifecycle.stop();
    released.resolve();
    await expect(started).rejects.toThrow(StoppedError);
    await stopped;
    expect(events).toEqual(['start store', 'not ready', 'stop slow', 'stop store']);
  });

  it('reports the first error even when a started component does not stop', async () => {
    const { component, lifecycleOf } = recorder();
    const lifecycle = lifecycleOf({ ...component('store'), stop: endless }, { name: 'http', start: failing });
    await expect(lifecycle.start()).rejects.toThrow('no');
  });
});
