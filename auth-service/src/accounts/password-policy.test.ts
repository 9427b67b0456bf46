import { describe, expect, test } from 'vitest';
import { NewPassword, PresentedPassword, weaknessOf } from './password-policy.ts';

describe('the form of a new password', () => {
  test.each(['zebra-t0', '🐈'.repeat(8), 'a'.repeat(128), '비밀번호는길다아'])('may be %s', (password) => {
    expect(NewPassword.safeParse(password).success).toBe(true);
  });

  test.each([
    ['too short', 'zebra-t'],
    ['too short, counted in characters', '🐈'.repeat(4)],
    ['too long', 'a'.repeat(129)],
    ['too long after normalisation', '\uFDFA'.repeat(100)],
    ['of a megabyte', 'a'.repeat(1_000_000)],
    ['with a null byte', 'zebra-tooth\0'],
    ['with half a character', 'zebra-tooth\uD800'],
  ])('cannot be one %s', (_, password) => {
    expect(NewPassword.safeParse(password).success).toBe(false);
  });

  test('is the same from keyboards that compose differently, now and at login', () => {
    expect(NewPassword.parse('zebra-tooth-e\u0301')).toBe(PresentedPassword.parse('zebra-tooth-\u00E9'));
  });
});

describe('the strength of a password', () => {
  test.each([
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

  test('parts of an e-mail address count as the name of the owner', () => {
    expect(weaknessOf('hollandaise1', ['hollandaise@example.com'])).toBe(
      'It must not be made of your name or e-mail address',
    );
  });

  test.each(['zebra-tooth-91', 'correct horse', 'X9$kqv!2Lm'.repeat(12)])(
    '%s is strong enough',
    (password) => {
      expect(weaknessOf(password, ['minjun'])).toBeUndefined();
    },
  );

  test('a weak beginning is forgiven when the rest is strong', () => {
    expect(weaknessOf('a'.repeat(32) + 'zebra-tooth-91', [])).toBeUndefined();
  });
});
