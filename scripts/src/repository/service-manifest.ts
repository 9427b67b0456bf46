import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageDirectory, repositoryRoot } from './folders.ts';

export const MANIFEST = 'service.json';

const Port = z.int().min(1).max(65_535);
const Variable = z.string().regex(/^[A-Z][A-Z0-9_]*$/);

/** The `service.json` of a service: all that the rest of the repository has to know about it. */
const ServiceManifest = z.strictObject({
  /** The one service that clients reach. It knows every upstream, and starts last. */
  gateway: z.literal(true).optional(),
  /** Default ports; `variables` is the prefix of the variables that change them for `up`: `AUTH_PORT`, `AUTH_ADMIN_PORT`. */
  ports: z.strictObject({ variables: Variable, http: Port, admin: Port }),
  /** Services that start before this one. */
  startAfter: z.array(z.string()).default([]),
  /** Its database in MongoDB. */
  database: z.string().optional(),
  /** Whether it may run with ROLE=worker as a container of its own. */
  worker: z.boolean().default(false),
  /** The gateway's variable with its address. The service then gets GATEWAY_SIGNING_KEYS. */
  upstream: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*_SERVICE_URL$/)
    .optional(),
  /** YAML file with entries for the gateway's routing table, below `routes`. */
  routes: z.string().optional(),
  /** Its variables, with placeholders: see `Placeholders`. */
  settings: z.record(Variable, z.string()).default({}),
  /** Further variables in infra/compose.yaml. */
  containerSettings: z.record(Variable, z.string()).default({}),
  /** Its own secrets, each with a sentence for infra/.env.example. */
  secrets: z.record(Variable, z.string()).default({}),
  /** The rights of its RabbitMQ user: patterns for names of exchanges and queues, and for routing keys. */
  broker: z.strictObject({
    configure: z.string(),
    write: z.string(),
    read: z.string(),
    topics: z
      .array(z.strictObject({ exchange: z.string(), write: z.string(), read: z.string() }))
      .default([]),
  }),
});

export interface Service extends z.infer<typeof ServiceManifest> {
  name: string;
}

/** @throws {Error} that names the file and every problem in it */
export function readManifest(name: string): Service {
  const file = join(packageDirectory(name), MANIFEST);
  const manifest = ServiceManifest.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!manifest.success) throw new Error(`${name}/${MANIFEST}:\n${z.prettifyError(manifest.error)}`);
  return { name, ...manifest.data };
}

/** Every service of the repository, in the order of starting: each after those that it names, the gateway last. */
export function readServices(): Service[] {
  const folders = readdirSync(repositoryRoot, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const found = folders.filter(({ name }) => readdirSync(packageDirectory(name)).includes(MANIFEST));
  return startOrder(found.map(({ name }) => readManifest(name)));
}

export function startOrder(services: readonly Service[]): Service[] {
  const others = services.filter(({ gateway }) => !gateway).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const ordered: Service[] = [];
  const add = (service: Service, path: readonly string[]) => {
    if (path.includes(service.name))
      throw new Error(`${[...path, service.name].join(' → ')}: startAfter is a circle`);
    if (ordered.includes(service)) return;
    for (const name of service.startAfter) {
      const earlier = others.find((one) => one.name === name);
      if (!earlier) throw new Error(`${service.name} starts after ${name}, which is no service`);
      add(earlier, [...path, service.name]);
    }
    ordered.push(service);
  };
  for (const service of others) add(service, []);
  return [...ordered, ...services.filter(({ gateway }) => gateway)];
}
