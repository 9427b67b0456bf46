import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { brokenParts, mutationNames, type Overrides } from '../../broken-parts.ts';

/** Runs the service in SERVICE_FOLDER with the part broken that BROKEN_PART names. */

const { SERVICE_FOLDER: folder, BROKEN_PART: part } = z
  .object({ SERVICE_FOLDER: z.string(), BROKEN_PART: z.enum(mutationNames) })
  .parse(process.env);

const aFunction = <Type>() => z.custom<Type>((value) => typeof value === 'function');
const load = async <Shape extends z.ZodRawShape>(file: string, shape: Shape) =>
  z.object(shape).parse(await import(pathToFileURL(file).href));

const { runService } = await load(
  createRequire(join(folder, 'package.json')).resolve('service-kit/lifecycle'),
  {
    runService: aFunction<(name: string, build: () => unknown) => void>(),
  },
);
const { loadConfig } = await load(join(folder, 'src/config.ts'), {
  loadConfig: aFunction<(env: NodeJS.ProcessEnv) => unknown>(),
});
const { buildService } = await load(join(folder, 'src/service.ts'), {
  buildService: aFunction<(config: unknown, overrides: Overrides) => unknown>(),
});

runService(`${part} service`, () => buildService(loadConfig(process.env), brokenParts[part]));
