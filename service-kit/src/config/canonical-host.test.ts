import { describe, expect, it } from 'vitest';
import { canonicalHost, canonicalReceivedHost } from './canonical-host.ts';

describe('a host has one canonical form', () => {
  it.each([
    ['a.example', 'a.example'],
    ['A.EXAMPLE', 'a.example'],
    ['a.example.', 'a.example'],
    ['a.example.:443', 'a.example'],
    ['a.example:80', 'a.example'],
    ['a.example:', 'a.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example.:443', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['a。example', 'a.example'],
    ['a_b', 'a_b'],
    ['127.0.0.1:3000', '127.0.0.1'],
    ['[::1]', '[::1]'],
    ['[0:0:0:0:0:0:0:1]:3000', '[::1]'],
    ['[2001:DB8::00ff]', '[2001:db8::ff]'],
  ])('of %s it is %s', (authority, host) => {
    expect(canonicalHost(authority)).toBe(host);
  });

  it.each([
    '',
    '.',
    '.example',
    'a..example',
    'a.example..',
    'a example',
    'a/b',
    'user@a.example',
    'b%C3%BCcher.example',
    '℀.example',
    'a:b',
    '::1',
    '[::1',
    '[:::]',
    '[1.2.3.4]',
  ])('%s is no host', (authority) => {
    expect(canonicalHost(authority)).toBeUndefined();
  });

  it('is read from the bytes of a header as UTF-8 only', () => {
    const received = (bytes: Buffer) => canonicalReceivedHost(bytes.toString('latin1'));
    expect(received(Buffer.from('Bücher.example:443'))).toBe('xn--bcher-kva.example');
    expect(received(Buffer.from('b\xfccher.example', 'latin1'))).toBeUndefined();
    expect(received(Buffer.from('a.example.'))).toBe('a.example');
  });
});
