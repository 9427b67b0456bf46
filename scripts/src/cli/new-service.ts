import { Command } from 'commander';
import { print, printError } from '../console/print.ts';
import { COMMAND } from '../generated-files/generated-files.ts';
import { makeService } from '../new-service/new-service.ts';
import { packageDirectory } from '../repository/packages.ts';
import { runCommand } from '../processes/run-command.ts';

/** `scripts/new-service`: makes the folder of a new service. */
export async function main(args: string[]): Promise<void> {
  const [name = ''] = new Command('new-service')
    .description(
      `Makes a service from a template: it starts with ./scripts/up, has an endpoint behind the gateway, a database, tests, a workflow and an image. To remove it, delete its folder and run ${COMMAND}.`,
    )
    .argument('<name>', 'for example guild-service')
    .parse(args, { from: 'user' }).args;
  await makeService(name, (text) => printError(`… ${text}`));
  // As a new process, because this one has read the manifests before there was the new one.
  const { output } = await runCommand(process.execPath, ['src/run.ts', 'generate'], {
    cwd: packageDirectory('scripts'),
  });
  print(output.trim());
  print(
    `\n${name}/ is ready. ./scripts/up starts it, ./scripts/test ${name} tests it, ${name}/README.md says more.`,
  );
}
