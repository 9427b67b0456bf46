import { defineEndpoint, DomainError, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import type { KeyRing } from './key-ring.ts';
import type { RotateKeys } from './rotate-keys.ts';

const tag = 'signing keys';
const SigningKeys = z.object({
  items: z.array(
    z.object({
      kid: z.string(),
      state: z.enum(['waiting', 'signing', 'verifying']),
      signsFrom: z.iso.datetime().nullable(),
    }),
  ),
});

/** For the admin server: the keys of all instances, and how to replace them. */
export function signingKeyControls({
  keyRing,
  rotateKeys,
}: {
  keyRing: KeyRing;
  rotateKeys: RotateKeys;
}): Endpoint[] {
  function view(): z.infer<typeof SigningKeys> {
    const { published, signing } = keyRing.schedule();
    const items = published.map((key) => ({
      kid: key.kid,
      state: stateOf(key.sequence, signing?.sequence ?? 0),
      signsFrom: key.signsFrom?.toISOString() ?? null,
    }));
    return { items };
  }

  const list = defineEndpoint({
    method: 'GET',
    path: '/signing-keys',
    operationId: 'listSigningKeys',
    summary: 'The keys that access tokens are signed and verified with, the newest first',
    tag,
    access: 'unsigned',
    responses: { 200: { description: 'Every key', body: SigningKeys } },
    handle: async () => reply(200, view()),
  });
  const rotate = defineEndpoint({
    method: 'POST',
    path: '/signing-keys',
    operationId: 'rotateSigningKeys',
    summary: 'Makes the next key, unless one is waiting already',
    tag,
    access: 'unsigned',
    responses: { 200: { description: 'The keys as they are now', body: SigningKeys } },
    handle: async () => {
      await rotateKeys.rotate();
      return reply(200, view());
    },
  });
  const retire = defineEndpoint({
    method: 'DELETE',
    path: '/signing-keys/{kid}',
    operationId: 'retireSigningKey',
    summary: 'Ends a key at once, with every token that it signed',
    tag,
    access: 'unsigned',
    request: { params: z.object({ kid: z.string() }) },
    responses: { 200: { description: 'The keys as they are now', body: SigningKeys } },
    problems: ['not_found'],
    handle: async ({ params }) => {
      if (!(await rotateKeys.retire(params.kid))) {
        throw new DomainError('not_found', 'There is no such signing key');
      }
      return reply(200, view());
    },
  });
  return [list, rotate, retire];
}

function stateOf(sequence: number, signing: number): 'waiting' | 'signing' | 'verifying' {
  if (sequence === signing) return 'signing';
  return sequence > signing ? 'waiting' : 'verifying';
}
