import { type Random, seededRandom } from '../chaos/random.ts';
import { oddKinds, oddRequest, upgradeKinds } from './odd-requests.ts';
import type { PlannedConnection, PlannedRequest, Sequence, Step, Target } from './sequence.ts';
import { wellFormed } from './vocabulary.ts';

const TARGETS: readonly { weight: number; item: Target }[] = [
  { weight: 10, item: 'api-gateway' },
  { weight: 4, item: 'auth-service' },
  { weight: 4, item: 'game-event-service' },
  { weight: 1, item: 'api-gateway/admin' },
  { weight: 1, item: 'auth-service/admin' },
  { weight: 1, item: 'game-event-service/admin' },
];
export const targets: readonly Target[] = TARGETS.map(({ item }) => item);

const ODD_SHARE = 0.2;
const MOST_REQUESTS = 6;

/** The requests of a connection, and how they are cut into segments. */
interface Draft {
  requests: PlannedRequest[];
  /** Of the last request, in [0, 1] of its bytes. */
  lastPart: number;
  /** Where segments end before that. */
  cuts: { request: number; part: number }[];
}

type Draw = (target: Target, mark: (index: number) => string, random: Random) => Draft;

/** The same seed and number give the same sequence, independent of earlier ones. */
export function generateSequence(seed: number, number: number): Sequence {
  const random = seededRandom(seed, `sequence ${number}`);
  const target = random.pickWeighted(TARGETS);
  const count = random.pickWeighted([1, 2, 3].map((item) => ({ weight: 1 / item ** 2, item })));
  const connections = Array.from({ length: count }, (_, index): PlannedConnection => {
    const draw = random.pickWeighted(DRAWS);
    const draft = draw(target, (request) => `${number}-${index}-${request}`, random);
    return {
      afterMs: index === 0 ? 0 : random.between(0, 10),
      requests: draft.requests,
      steps: stepsOf(draft, random),
    };
  });
  return { number, target, connections };
}

const anything: Draw = (target, mark, random) => {
  const count = random.between(1, random.next() < 0.5 ? 2 : MOST_REQUESTS);
  const requests = Array.from({ length: count }, (_, index) =>
    random.next() < ODD_SHARE
      ? oddRequest(random.pick(oddKinds), target, mark(index), random)
      : wellFormed(target, mark(index), random),
  );
  const isWhole = random.next() < 0.7;
  return { requests, lastPart: isWhole ? 1 : inside(random), cuts: someCuts(requests.length, random) };
};

/** Requests before the upgrade may still be in progress; the bytes behind it are cut anywhere. */
const aroundAnUpgrade: Draw = (target, mark, random) => {
  const before = random.between(0, 2);
  const behind = random.between(0, 2);
  const requests = [
    ...Array.from({ length: before }, (_, index) => wellFormed(target, mark(index), random)),
    oddRequest(random.pick(upgradeKinds), target, mark(before), random),
    ...Array.from({ length: behind }, (_, index) => wellFormed(target, mark(before + 1 + index), random)),
  ];
  const cut = { request: before + 1, part: inside(random) };
  return { requests, lastPart: 1, cuts: behind === 0 ? [] : [cut] };
};

/** The client disconnects in the middle of a body, while the server answers earlier requests. */
const leftInABody: Draw = (target, mark, random) => {
  const before = random.between(0, 2);
  const requests = Array.from({ length: before + 1 }, (_, index) => wellFormed(target, mark(index), random));
  for (let tries = 0; requests.at(-1)?.body === '' && tries < 20; tries += 1) {
    requests.splice(-1, 1, wellFormed(target, mark(before), random));
  }
  const cuts = random.next() < 0.5 ? [] : someCuts(requests.length, random);
  return { requests, lastPart: 0.85 + 0.14 * random.next(), cuts };
};

const DRAWS = [
  { weight: 7, item: anything },
  { weight: 2, item: aroundAnUpgrade },
  { weight: 1, item: leftInABody },
];

const inside = (random: Random): number => 0.02 + 0.96 * random.next();

function someCuts(requests: number, random: Random): Draft['cuts'] {
  const how = random.pick(['one segment', 'one each', 'anywhere', 'anywhere'] as const);
  if (how === 'one segment') return [];
  if (how === 'one each') {
    return Array.from({ length: requests - 1 }, (_, request) => ({ request, part: 1 }));
  }
  const cuts = Array.from({ length: random.between(1, 5) }, () => ({
    request: random.between(0, requests - 1),
    part: inside(random),
  }));
  return cuts.toSorted((a, b) => a.request - b.request || a.part - b.part);
}

function stepsOf({ requests, lastPart, cuts }: Draft, random: Random): Step[] {
  const end = { request: requests.length - 1, part: lastPart };
  const isInPlan = (cut: Draft['cuts'][number]): boolean => cut.request < end.request || cut.part < end.part;
  const steps: Step[] = [];
  if (random.next() < 0.12) steps.push({ do: 'pause-reading', ms: random.between(10, 200) });
  for (const cut of cuts.filter(isInPlan)) {
    steps.push({ do: 'send', ...cut });
    if (cut.part === 1 && random.next() < 0.4) steps.push({ do: 'read-answers' });
    else steps.push({ do: 'wait', ms: random.between(1, 12) });
  }
  steps.push({ do: 'send', ...end });
  const isLast = requests.findIndex((request) => request.isLast);
  return [...steps, ...endOf(lastPart === 1, isLast !== -1, random)];
}

function endOf(isWhole: boolean, hasLast: boolean, random: Random): Step[] {
  const soon: Step = { do: 'wait', ms: random.between(0, random.next() < 0.5 ? 10 : 40) };
  const read: Step[] = [{ do: 'read-answers' }];
  const ends = [
    {
      weight: isWhole ? 10 : 3,
      item: hasLast && isWhole && random.next() < 0.3 ? [...read, { do: 'read-end' } as const] : read,
    },
    { weight: 1, item: [{ do: 'half-close' } as const, ...read] },
    { weight: isWhole ? 2 : 4, item: [soon, { do: 'reset' } as const] },
    { weight: isWhole ? 3 : 6, item: [soon, { do: 'leave' } as const] },
  ];
  return random.pickWeighted(ends);
}
