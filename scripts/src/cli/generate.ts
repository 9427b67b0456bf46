import { Command } from 'commander';
import { print } from '../console/print.ts';
import { writeGeneratedFiles } from '../generated-files/generated-files.ts';

/** `scripts/generate`: writes the files that are made from each `service.json`. */
export async function main(args: string[]): Promise<void> {
  new Command('generate')
    .description(
      'Writes the parts of infra/ and the workflows that are made from the service.json of each service. ./scripts/check says when this is needed.',
    )
    .parse(args, { from: 'user' });
  const written = await writeGeneratedFiles();
  for (const path of written) print(`wrote ${path}`);
  if (written.length === 0) print('Every file is up to date.');
}
