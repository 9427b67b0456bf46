import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyService, replaceIn } from './broken-build.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'laurel-broken-'));
  for (const folder of ['src', 'node_modules/service-kit/dist', 'node_modules/zod']) {
    await mkdir(join(directory, 'service', folder), { recursive: true });
  }
  await writeFile(join(directory, 'service/src/main.ts'), 'start($1);');
  await writeFile(join(directory, 'service/node_modules/service-kit/dist/lane.js'), 'ack(); ack();');
});

afterEach(() => rm(directory, { recursive: true }));

describe('a broken build', () => {
  it('leaves what it was made of alone', async () => {
    const copy = join(directory, 'copy');
    await copyService(join(directory, 'service'), copy);
    await replaceIn(copy, { file: 'src/main.ts', from: 'start($1)', to: 'stop($&)' });
    expect(await readFile(join(copy, 'src/main.ts'), 'utf8')).toBe('stop($&);');
    expect(await readFile(join(directory, 'service/src/main.ts'), 'utf8')).toBe('start($1);');
    expect((await stat(join(copy, 'node_modules/zod'))).isDirectory()).toBe(true);
  });

  it('is refused where the text to be broken is missing or stands twice', async () => {
    const service = join(directory, 'service');
    await expect(replaceIn(service, { file: 'src/main.ts', from: 'begin()', to: '' })).rejects.toThrow(
      '0 times',
    );
    const twice = { file: 'node_modules/service-kit/dist/lane.js', from: 'ack();', to: '' };
    await expect(replaceIn(service, twice)).rejects.toThrow('2 times');
  });
});
