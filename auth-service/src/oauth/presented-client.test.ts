import { describe, expect, it } from 'vitest';
import { presentedClient } from './presented-client.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const credentials = { clientId: 'cli_1', clientSecret: 'secret' };

describe('a client names itself', () => {
  it.each([
    ['by Basic', basic('cli_1:secret'), {}],
    ['by basic in any case', basic('cli_1:secret').replace('Basic', 'bAsIc'), {}],
    ['by Basic and its id once more', basic('cli_1:secret'), { client_id: 'cli_1' }],
    ['in the body', undefined, { client_id: 'cli_1', client_secret: 'secret' }],
  ])('%s', (_, header, body) => {
    expect(presentedClient(header, body)).toEqual(credentials);
  });

  it('with each half in the form encoding, colons and all', () => {
    expect(presentedClient(basic('a%3Ab+c:p%25:q%2B'), {})).toEqual({
      clientId: 'a:b c',
      clientSecret: 'p%:q+',
    });
  });

  it('not at all by an id alone', () => {
    expect(presentedClient(undefined, {})).toBeUndefined();
    expect(presentedClient(undefined, { client_id: 'cli_1' })).toBeUndefined();
  });
});

describe('a client is refused', () => {
  it.each([
    ['two secrets', basic('cli_1:secret'), { client_secret: 'secret' }, 'invalid_request'],
    ['two ids', basic('cli_1:secret'), { client_id: 'cli_2' }, 'invalid_request'],
    ['a secret of nobody', undefined, { client_secret: 'secret' }, 'invalid_request'],
    ['another scheme', 'Bearer abc', {}, 'invalid_client'],
    ['no colon', basic('cli_1'), {}, 'invalid_client'],
    ['no id', basic(':secret'), {}, 'invalid_client'],
    ['half an escape', basic('cli_1:%E0%A4%A'), {}, 'invalid_client'],
    ['no base64', 'Basic ***', {}, 'invalid_client'],
    ['nothing', 'Basic', {}, 'invalid_client'],
  ])('with %s', (_, header, body, code) => {
    expect(() => presentedClient(header, body)).toThrow(expect.objectContaining({ code }));
  });
});
