import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DomainError } from './domain-error.ts';
import { parsePart, refuseInvalid, type InputError } from './validation.ts';

function errorsOf(schema: z.ZodType, value: unknown, place: '' | 'query' = ''): InputError[] {
  const errors: InputError[] = [];
  parsePart(schema, value, place, errors);
  return errors;
}

describe('parsePart', () => {
  it('names each invalid value by its path', () => {
    const schema = z.strictObject({
      items: z.array(z.strictObject({ id: z.string() })),
      limit: z.int().max(5),
    });
    expect(errorsOf(schema, { items: [{ id: 'a' }, { id: 1 }], limit: 9 }).map(({ path }) => path)).toEqual([
      'items.1.id',
      'limit',
    ]);
  });

  it('names every unknown field, nested ones too', () => {
    const schema = z.strictObject({ inner: z.strictObject({}) });
    expect(errorsOf(schema, { inner: { a: 1 }, b: 2, c: 3 })).toEqual([
      { path: 'inner.a', message: 'Unknown field' },
      { path: 'b', message: 'Unknown field' },
      { path: 'c', message: 'Unknown field' },
    ]);
  });

  it('stops at fifty errors', () => {
    const fields = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`field${index}`, 1]));
    expect(errorsOf(z.strictObject({}), fields)).toHaveLength(50);
    expect(errorsOf(z.array(z.string()), Array<number>(1_000).fill(1))).toHaveLength(50);
  });

  it('puts the place before a path outside the body', () => {
    expect(errorsOf(z.object({ limit: z.coerce.number() }), { limit: 'x' }, 'query')[0]?.path).toBe(
      'query.limit',
    );
  });

  it('explains a union by the closest option', () => {
    const condition = z.union([
      z.strictObject({ metric: z.string(), value: z.number() }),
      z.strictObject({ all: z.array(z.strictObject({ metric: z.string() })) }),
    ]);
    expect(errorsOf(z.strictObject({ condition }), { condition: { all: [{ metric: 1 }] } })).toEqual([
      { path: 'condition.all.0.metric', message: 'Invalid input: expected string, received number' },
    ]);
  });

  it('never repeats the value', () => {
    const errors = errorsOf(z.strictObject({ password: z.string().max(3) }), { password: 'hunter2' });
    expect(JSON.stringify(errors)).not.toContain('hunter2');
  });
});

describe('refuseInvalid', () => {
  it('throws the errors as members of a problem, up to a limit', () => {
    const errors = Array.from({ length: 500 }, (_, index) => ({ path: String(index), message: 'wrong' }));
    const refuse = () => refuseInvalid(errors);
    expect(refuse).toThrow(DomainError);
    expect(refuse).toThrow(
      expect.objectContaining({ code: 'invalid_request', members: { errors: errors.slice(0, 50) } }),
    );
  });

  it('lets a request without errors pass', () => {
    expect(() => refuseInvalid([])).not.toThrow();
  });
});
