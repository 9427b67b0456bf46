import { describe, expect, it } from 'vitest';
import { NewPassword, PresentedPassword } from './password-policy.ts';

describe('the form of a new password', () => {
  it.each(['zebra-t0', '🐈'.repeat(8), 'a'.repeat(128), '비밀번호는길다아'])('may be %s', (password) => {
    expect(NewPassword.safeParse(password).success).toBe(true);
  });

  it.each([
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

  it('is the same from keyboards that compose differently, now and at login', () => {
    expect(NewPassword.parse('zebra-tooth-e\u0301')).toBe(PresentedPassword.parse('zebra-tooth-\u00E9'));
  });
});
