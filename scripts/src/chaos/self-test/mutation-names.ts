export const mutationNames = [
  'no-deduplication',
  'acknowledged-first',
  'outbox-outside',
  'stock-in-two-steps',
] as const;
export type MutationName = (typeof mutationNames)[number];
