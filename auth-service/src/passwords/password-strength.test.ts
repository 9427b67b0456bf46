import { describe, expect, it } from 'vitest';
import { weaknessOf } from './password-strength.ts';

describe('the strength of a password', () => {
  it.each([
    ['password', 'This is one of the ten most used passwords'],
    ['Passw0rd!', 'This is similar to a commonly used password'],
    ['qwertyuiop', 'This is one of the most used passwords'],
    ['aaaaaaaa', 'Repeated characters are easy to guess'],
    ['abcdefgh', 'Common sequences are easy to guess'],
    ['minjun2026', 'It must not be made of your name or e-mail address'],
    ['a'.repeat(128), 'Repeated characters are easy to guess'],
  ])('%s is too weak, and it says why', (password, why) => {
    expect(weaknessOf(password, ['minjun'])).toBe(why);
  });

  it('parts of an e-mail address count as the name of the owner', () => {
    expect(weaknessOf('hollandaise1', ['hollandaise@example.com'])).toBe(
      'It must not be made of your name or e-mail address',
    );
  });

  it.each(['zebra-tooth-91', 'correct horse', 'X9$kqv!2Lm'.repeat(12)])('%s is strong enough', (password) => {
    expect(weaknessOf(password, ['minjun'])).toBeUndefined();
  });

  it('a weak beginning is forgiven when the rest is strong', () => {
    expect(weaknessOf('a'.repeat(32) + 'zebra-tooth-91', [])).toBeUndefined();
  });

  it.each(['1'.repeat(128), 'abcd'.repeat(32), 'password'.repeat(16)])(
    '%s is refused however long it is',
    (password) => {
      expect(weaknessOf(password, [])).toBeDefined();
    },
  );

  it('a strong end counts where it stands across two pieces', () => {
    expect(weaknessOf('a'.repeat(57) + 'zebra-tooth-91', [])).toBeUndefined();
  });
});
