import { readRights, VIRTUAL_HOST } from '../backing-services/rabbitmq-definitions.ts';
import { brokerUsers } from '../backing-services/backing-services.ts';
import { passwordVariable } from './container-variables.ts';

/** infra/rabbitmq/definitions.json: the users and rights of the broker in containers, which start.sh gives passwords. */
export async function brokerDefinitionsText(): Promise<string> {
  const rights = await readRights();
  const users = brokerUsers.map((name) => ({
    name,
    password: `@${passwordVariable(name)}@`,
    tags: name === 'admin' ? ['administrator'] : [],
  }));
  // A line for each, because start.sh reads the names of the passwords by line.
  const list = (entries: readonly object[]) =>
    entries.map((entry) => `    ${JSON.stringify(entry, undefined, 1).replaceAll(/\n */g, ' ')}`).join(',\n');
  return `{
  "vhosts": [{ "name": "${VIRTUAL_HOST}" }],
  "users": [
${list(users)}
  ],
  "permissions": [
${list(rights.permissions)}
  ],
  "topic_permissions": [
${list(rights.topic_permissions)}
  ]
}
`;
}
