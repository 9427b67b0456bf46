import { backingServiceNames } from '../../backing-services/backing-services.ts';
import { packageDirectory } from '../../repository/packages.ts';
import { PrivateBackingServices } from '../../system/private-system.ts';
import { installPackage } from '../../toolchain/install-package.ts';
import type { MeasuredProcess } from '../cpu-time.ts';
import { KitProcess } from './kit-process.ts';

/** Servers of one's own, and programs of service-kit that are measured on them: no service takes part. */
export class KitStage {
  readonly #backing: PrivateBackingServices;
  readonly #processes: KitProcess[] = [];

  private constructor(backing: PrivateBackingServices) {
    this.#backing = backing;
  }

  static async start(): Promise<KitStage> {
    await installPackage(packageDirectory('service-kit'));
    return new KitStage(await PrivateBackingServices.start());
  }

  async run(program: string): Promise<KitProcess> {
    const started = await KitProcess.start(program, this.#backing);
    this.#processes.push(started);
    return started;
  }

  get processes(): MeasuredProcess[] {
    const servers = backingServiceNames.flatMap((name) => this.#backing.services[name].servers);
    return [...servers, ...this.#processes];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.stop()));
    await this.#backing.stop();
  }
}
