import { describe, expect, it } from 'vitest';
import { DisplayName, Email, InviteCode, Reason } from './profile.ts';

describe('a display name', () => {
  it.each(['Min-jun', '민준 👩‍👩‍👧 ❤️', 'a', '𠮷'.repeat(64)])('may be %s', (name) => {
    expect(DisplayName.safeParse(name).success).toBe(true);
  });

  it.each([
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

  it('that is far too long is not looked at any further', () => {
    const { error } = DisplayName.safeParse('a\n'.repeat(500_000));
    expect(error?.issues.map(({ message }) => message)).toEqual(['must have at most 64 characters']);
  });

  it('is kept without the space around it, composed', () => {
    expect(DisplayName.parse('  Zoe\u0308 ')).toBe('Zo\u00EB');
  });
});

describe('an e-mail address', () => {
  it('is kept in lower case without the space around it', () => {
    expect(Email.parse(' MinJun@Example.COM ')).toBe('minjun@example.com');
  });

  it.each([
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

it.each([
  [Reason, 501],
  [InviteCode, 65],
])('a reason and an invite code have a longest length', (schema, tooLong) => {
  expect(schema.safeParse('x'.repeat(tooLong - 1)).success).toBe(true);
  expect(schema.safeParse('x'.repeat(tooLong)).success).toBe(false);
});
