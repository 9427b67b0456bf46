import { z } from 'zod';
import type { Explanation } from './compiled-condition.ts';
import { AccountLeaf, MetricLeaf, StreakLeaf } from './leaf.ts';

const met = z.boolean();

/** A condition with what each leaf stands at, as it is answered. */
export const ExplanationResponse: z.ZodType<Explanation, Explanation> = z
  .lazy(() =>
    z.union([
      z.object({ all: z.array(ExplanationResponse), met }),
      z.object({ any: z.array(ExplanationResponse), met }),
      z.object({ not: ExplanationResponse, met }),
      z.object({ ...MetricLeaf.shape, over: z.string(), current: z.number(), required: z.number(), met }),
      z.object({ ...StreakLeaf.shape, grace: z.int(), current: z.int(), required: z.int(), met }),
      ...AccountLeaf.options.map((leaf) =>
        z.object({ ...leaf.shape, current: leaf.shape.value, required: leaf.shape.value, met }),
      ),
    ]),
  )
  .meta({
    id: 'Explanation',
    description:
      'The condition; each leaf has its current and its required value, and each part says whether it is met',
  });

/** Of what may have no condition. In a union, because the API document drops what `nullable` adds to a lazy schema. */
export const OptionalExplanation = z.union([ExplanationResponse, z.null()]);
