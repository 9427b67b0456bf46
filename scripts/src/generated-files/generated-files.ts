import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot, services } from '../repository/packages.ts';
import { routesWithServices } from '../repository/service-routes.ts';
import { brokerDefinitionsText } from './broker-definitions.ts';
import { composeServices } from './compose-services.ts';
import { passwordVariable, signingKeyVariable } from './container-variables.ts';
import { replaceRegion } from './replace-region.ts';
import { serviceWorkflow, WORKFLOW_MARK } from './service-workflow.ts';

export const COMMAND = './scripts/generate';

const WORKFLOWS = '.github/workflows';
const ROUTES = 'infra/routes.yaml';

/** A file that is made from the services' manifests; without a text it has to go. */
interface GeneratedFile {
  path: string;
  text: string | undefined;
}

/** Writes what is out of date. Returns the paths. */
export async function writeGeneratedFiles(): Promise<string[]> {
  const stale = await staleFiles();
  for (const { path, text } of stale) {
    if (text === undefined) await rm(join(repositoryRoot, path));
    else await writeFile(join(repositoryRoot, path), text);
  }
  return stale.map(({ path }) => path);
}

/** A check: every file that is made from `service.json` is what they say now. */
export async function generatedFilesAreCurrent(): Promise<string[]> {
  return (await staleFiles()).map(({ path, text }) =>
    text === undefined
      ? `${path} belongs to no service: ${COMMAND} removes it`
      : `${path} is not what the service.json files say: ${COMMAND} writes it`,
  );
}

async function staleFiles(): Promise<GeneratedFile[]> {
  const files = await generatedFiles();
  const stale = await Promise.all(files.map(async ({ path, text }) => (await read(path)) !== text));
  return files.filter((_, index) => stale[index]);
}

async function generatedFiles(): Promise<GeneratedFile[]> {
  return [
    { path: 'infra/compose.yaml', text: await composeText() },
    { path: 'infra/.env.example', text: await envExampleText() },
    { path: 'infra/rabbitmq/definitions.json', text: await brokerDefinitionsText() },
    { path: ROUTES, text: routesWithServices() },
    ...services.map((service) => ({ path: workflowOf(service.name), text: serviceWorkflow(service) })),
    ...(await orphanedWorkflows()),
  ];
}

async function composeText(): Promise<string> {
  const text = (await read('infra/compose.yaml')) ?? '';
  const passwords = services.map(({ name }) => {
    const variable = passwordVariable(name);
    return `${variable}: \${${variable}:?is missing, see infra/make-env}`;
  });
  return replaceRegion(replaceRegion(text, 'passwords', passwords), 'services', composeServices());
}

async function envExampleText(): Promise<string> {
  const regions = {
    passwords: services.map(({ name }) => `${passwordVariable(name)}=`),
    'signing keys': services.flatMap(({ name, upstream }) =>
      upstream ? [`${signingKeyVariable(name)}=`] : [],
    ),
    secrets: services.flatMap(({ secrets }) =>
      Object.entries(secrets).flatMap(([variable, sentence]) => [`# ${sentence}`, `${variable}=`]),
    ),
    ports: services.map(({ ports }) => `${ports.variables}_PORT=${ports.http}`),
  };
  return Object.entries(regions).reduce(
    (text, [name, lines]) => replaceRegion(text, name, lines),
    (await read('infra/.env.example')) ?? '',
  );
}

/** Workflows that were made for a service whose folder is gone. */
async function orphanedWorkflows(): Promise<GeneratedFile[]> {
  const known = new Set(services.map(({ name }) => workflowOf(name)));
  const paths = (await readdir(join(repositoryRoot, WORKFLOWS))).map((file) => `${WORKFLOWS}/${file}`);
  const texts = await Promise.all(paths.map(read));
  return paths
    .filter((path, index) => !known.has(path) && texts[index]?.startsWith(WORKFLOW_MARK) === true)
    .map((path) => ({ path, text: undefined }));
}

const workflowOf = (service: string) => `${WORKFLOWS}/${service}.yml`;

function read(path: string): Promise<string | undefined> {
  return readFile(join(repositoryRoot, path), 'utf8').catch(() => undefined);
}
