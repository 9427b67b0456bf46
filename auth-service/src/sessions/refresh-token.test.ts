import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRefreshTokens, hashOf } from './refresh-token.ts';

const keyBytes = randomBytes(32);
const tokens = createRefreshTokens(createSecretKey(keyBytes));
const SESSION = `ses_${'A'.repeat(22)}`;

describe('a refresh token', () => {
  it('is read back by every instance with the same key', () => {
    const token = tokens.first(SESSION);
    const elsewhere = createRefreshTokens(createSecretKey(keyBytes));
    expect(elsewhere.read(token.text)).toEqual(token);
  });

  it('has one successor, the same wherever and however often it is asked for', () => {
    const token = tokens.first(SESSION);
    const elsewhere = createRefreshTokens(createSecretKey(keyBytes));
    expect(elsewhere.successorOf(token)).toEqual(tokens.successorOf(token));
    expect(tokens.successorOf(token)).toMatchObject({ sessionId: SESSION, generation: 1 });
    expect(tokens.read(tokens.successorOf(token).text)?.generation).toBe(1);
  });

  it('gives no two sessions or generations the same token', () => {
    const one = tokens.first(SESSION);
    const other = tokens.first(SESSION);
    const texts = [one, other, tokens.successorOf(one), tokens.successorOf(other)].map(({ text }) => text);
    expect(new Set(texts).size).toBe(4);
    expect(hashOf(one)).not.toBe(hashOf(other));
  });

  it('made under another key is none of ours', () => {
    const foreign = createRefreshTokens(createSecretKey(randomBytes(32))).first(SESSION);
    expect(tokens.read(foreign.text)).toBeUndefined();
  });

  it('changed in any character is none of ours', () => {
    const { text } = tokens.first(SESSION);
    for (let index = 0; index < text.length; index += 1) {
      const changed = text.slice(0, index) + (text[index] === 'x' ? 'y' : 'x') + text.slice(index + 1);
      expect(tokens.read(changed)).toBeUndefined();
    }
  });

  it.each([
    '',
    'x',
    'eyJhbGciOiJFUzI1NiJ9.e30.c2ln',
    `${SESSION}.0.a.b`,
    `${SESSION}.-1.${'a'.repeat(43)}.${'b'.repeat(22)}`,
  ])('%j is none', (text) => {
    expect(tokens.read(text)).toBeUndefined();
  });

  it('with a line break behind it is none', () => {
    expect(tokens.read(`${tokens.first(SESSION).text}\n`)).toBeUndefined();
  });
});
