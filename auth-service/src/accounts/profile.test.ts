import { describe, expect, test } from 'vitest';
import { DisplayName, Email, InviteCode, Reason } from './profile.ts';

describe('a display name', () => {
  test.each(['Min-jun', '민준 👩‍👩‍👧 ❤️', 'a', '𠮷'.repeat(64)])('may be %s', (name) => {
    expect(DisplayName.safeParse(name).success).toBe(true);
  });

  test.each([
    ['empty', ' '],
    ['too long', 'a'.repeat(65)],
    ['with a null byte', 'a\0b'],
    ['of two lines', 'a\nb'],
    ['with a line separator', 'a\u2028b'],
    ['that turns the direction of what follows', 'a\u202Eb'],
    ['with half a character', 'a\uD83D'],
  ])('cannot be one %s', (_, name) => {
    expect(DisplayName.safeParse(name).success).toBe(false);
  });

  test('that is far too long is not looked at any further', () => {
    const { error } = DisplayName.safeParse('a\n'.repeat(500_000));
    expect(error?.issues.map(({ message }) => message)).toEqual(['must have at most 64 characters']);
  });

  test('is kept without the space around it, composed', () => {
    expect(DisplayName.parse('  Zoe\u0308 ')).toBe('Zo\u00EB');
  });
});

describe('an e-mail address', () => {
  test('is kept in lower case without the space around it', () => {
    expect(Email.parse(' MinJun@Example.COM ')).toBe('minjun@example.com');
  });

  test.each([
    '',
    'me',
    'me@',
    '@example.com',
    'me@home@example.com',
    'me\0@example.com',
    `${'a'.repeat(250)}@b.co`,
  ])('cannot be %j', (email) => {
    expect(Email.safeParse(email).success).toBe(false);
  });
});

test.each([
  [Reason, 501],
  [InviteCode, 65],
])('a reason and an invite code have a longest length', (schema, tooLong) => {
  expect(schema.safeParse('x'.repeat(tooLong - 1)).success).toBe(true);
  expect(schema.safeParse('x'.repeat(tooLong)).success).toBe(false);
});
