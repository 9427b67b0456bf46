import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { publishedContractsHold } from './published-contracts.ts';

const TYPE = 'laurel.thing.happened.v1';
const schema = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });
const first = schema({ a: { type: 'string' } });
const second = schema({ a: { type: 'string' }, b: { type: 'string' } });
const broken = schema({ b: { type: 'string' } });

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'contracts-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function write(files: Record<string, object>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), JSON.stringify(content));
  }
}
const inForce = `${TYPE}.schema.json`;
const version = (number: number): string => `published/${TYPE}/${number}.schema.json`;

it('the schemas of this repository keep what was published', async () => {
  expect(await publishedContractsHold()).toEqual([]);
});

it('a schema that is its last version holds, in other words too', async () => {
  await write({ [version(1)]: first, [version(2)]: second, [inForce]: { ...second, title: 'Another' } });
  expect(await publishedContractsHold(directory)).toEqual([]);
});

it('a schema that was never published is told where to go', async () => {
  await write({ [inForce]: first });
  expect(await publishedContractsHold(directory)).toEqual([
    `${TYPE} is not published as it is: copy it to infra/contracts/${version(1)}`,
  ]);
});

it('an allowed change is to be published as the next version', async () => {
  await write({ [version(1)]: first, [inForce]: second });
  expect(await publishedContractsHold(directory)).toEqual([
    `${TYPE} is not published as it is: copy it to infra/contracts/${version(2)}`,
  ]);
});

it('a break is refused, and stays refused when it is published', async () => {
  const told = [`${TYPE} breaks what was published as version 1: /properties/a is gone`];
  await write({ [version(1)]: first, [inForce]: broken });
  expect(await publishedContractsHold(directory)).toEqual(told);
  await write({ [version(2)]: broken });
  expect(await publishedContractsHold(directory)).toEqual(told);
});

it('a published type that is gone, and a version that is missing, are told', async () => {
  await write({ [version(1)]: first });
  expect(await publishedContractsHold(directory)).toEqual([`${TYPE} was published and is gone`]);
  await rm(join(directory, version(1)));
  await write({ [version(2)]: first, [inForce]: first });
  expect(await publishedContractsHold(directory)).toEqual([
    `published/${TYPE}: 2.schema.json beside versions 1 to 1`,
  ]);
});
