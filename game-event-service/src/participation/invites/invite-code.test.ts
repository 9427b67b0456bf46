import { describe, expect, it } from 'vitest';
import { newInviteCode, readInviteCode } from './invite-code.ts';

describe('the code of an invite', () => {
  it('is made of letters that nobody takes for others, and each time of other ones', () => {
    const codes = Array.from({ length: 5_000 }, newInviteCode);
    for (const code of codes)
      expect(code).toMatch(/^(?:[BCDFGHJKLMNPQRSTVWXZ]{4}-){2}[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(new Set(codes).size).toBe(codes.length);
    for (let place = 0; place < 14; place += 1) {
      if (place === 4 || place === 9) continue;
      expect(new Set(codes.map((code) => code[place])).size, `letters at ${place}`).toBe(20);
    }
  });

  it.each(['BCDF-GHJK-LMNP', 'bcdf-ghjk-lmnp', 'BCDFGHJKLMNP', ' bcdf ghjk lmnp', 'b-c-d-f-g-h-j-k-l-m-n-p'])(
    'is read from %j as from what was given',
    (text) => {
      expect(readInviteCode(text)).toBe('BCDF-GHJK-LMNP');
    },
  );

  it.each([
    '',
    'SPRING-7KQ2',
    'BCDF-GHJK-LMN',
    'BCDF-GHJK-LMNPQ',
    'ACDF-GHJK-LMNP',
    'BCDF-GHJK-LMN\u{1F600}',
    '$gt',
  ])('is not %j', (text) => {
    expect(readInviteCode(text)).toBeUndefined();
  });
});
