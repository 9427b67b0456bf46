import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { judgeReplacedToken } from './refresh-decision.ts';
import { createRefreshTokens, hashOf } from './refresh-token.ts';
import type { Session } from './session.ts';

const tokens = createRefreshTokens(createSecretKey(randomBytes(32)));
const rotatedAt = new Date('2026-12-01T00:00:00.000Z');
const after = (ms: number): Date => new Date(rotatedAt.getTime() + ms);

const grandparent = tokens.first(`ses_${'A'.repeat(22)}`);
const parent = tokens.successorOf(grandparent);
const head = tokens.successorOf(parent);
const session: Session = {
  id: head.sessionId,
  accountId: 'acc_1',
  generation: head.generation,
  tokenHash: hashOf(head),
  rotatedAt,
  createdAt: rotatedAt,
  lastUsedAt: rotatedAt,
  expiresAt: after(1_000_000),
  epoch: 0,
  kept: null,
  revokedAt: null,
  revokedBecause: null,
  device: null,
  address: null,
};

describe('a replaced refresh token', () => {
  it.each([0, 1, 9_999, 10_000, -50])('is answered with its successor %i ms after the rotation', (ms) => {
    expect(judgeReplacedToken(session, parent, head, after(ms))).toBe('repeat');
  });

  it('is reuse once ten seconds are over', () => {
    expect(judgeReplacedToken(session, parent, head, after(10_001))).toBe('reuse');
  });

  it.each([0, 10_001])('is reuse %i ms after the rotation when it is an older ancestor', (ms) => {
    expect(judgeReplacedToken(session, grandparent, parent, after(ms))).toBe('reuse');
  });

  it('says nothing where there is no session, or a dead or expired one', () => {
    const dead: Session = { ...session, revokedAt: rotatedAt, revokedBecause: 'logout' };
    expect(judgeReplacedToken(undefined, parent, head, after(0))).toBe('invalid');
    expect(judgeReplacedToken(dead, grandparent, parent, after(0))).toBe('invalid');
    expect(judgeReplacedToken(session, grandparent, parent, session.expiresAt)).toBe('invalid');
  });
});

it('a genuine token that is ahead of the session says nothing against it', () => {
  const next = tokens.successorOf(head);
  expect(judgeReplacedToken(session, next, tokens.successorOf(next), after(0))).toBe('invalid');
});
