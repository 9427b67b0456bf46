import type { Finding } from './findings.ts';
import { titleOf } from './judge-connection.ts';
import type { SocketFuzzOutcome } from './run-socket-fuzz.ts';
import type { Sequence, Step } from './sequence.ts';

/** A rule, and how often the run broke it. */
export interface SocketVerdict {
  rule: string;
  breaches: number;
  evidence: string[];
}

export interface SocketFuzzReport {
  seed: number;
  sequences: number;
  answers: number;
  seconds: number;
  /** Sequences that were not judged, because a process ended meanwhile. */
  disturbed: number;
  verdicts: SocketVerdict[];
  notes: string[];
}

const MISORDERED: readonly Finding['kind'][] = [
  'a part of a request was answered as a request',
  'an answer to nothing',
  'an answer behind the last one',
  'the answer to another request',
  'an unexpected answer',
  'an answer given twice',
];
const UNANSWERED: readonly Finding['kind'][] = [
  'no answer',
  'an unreadable answer',
  'a connection that stays open',
];

export function socketFuzzReport(outcome: SocketFuzzOutcome): SocketFuzzReport {
  const { plan, played, answers, disturbed, durationMs, crashesMet, findings, silences, leaks, errorLines } =
    outcome;
  const verdict = (rule: string, evidence: string[], breaches = evidence.length): SocketVerdict => ({
    rule,
    breaches,
    evidence,
  });
  const ofKinds = (rule: string, kinds: readonly Finding['kind'][]): SocketVerdict => {
    const found = findings.filter(({ kind }) => kinds.includes(kind));
    return verdict(
      rule,
      found.map((finding) => linesOf(plan.seed, finding).join('\n')),
    );
  };
  const crashed = ofKinds('no process ends, and no exception stays uncaught', ['a crash']);
  return {
    seed: plan.seed,
    sequences: played,
    answers,
    disturbed,
    seconds: Math.round(durationMs / 100) / 10,
    verdicts: [
      {
        ...crashed,
        breaches: crashesMet + leaks.exceptions.length,
        evidence: [...crashed.evidence, ...leaks.exceptions],
      },
      ofKinds('each request gets its own answer, in the order of the requests, and once', MISORDERED),
      ofKinds(
        'each request gets a complete answer, and the server closes a connection after announcing it',
        UNANSWERED,
      ),
      verdict('every port answers /healthz after each batch', silences),
      verdict('gauges return to their first values', leaks.gauges),
      verdict('no connection is left open, and memory does not grow without end', [
        ...leaks.connections,
        ...leaks.memory,
      ]),
    ],
    notes: [
      ...leaks.holdings.map(
        ({ service, memory, fds }) =>
          `${service}: resident memory ${megabytes(memory.start)} → ${megabytes(memory.end)} MiB, open files ${fds.start} → ${fds.end}`,
      ),
      ...[...errorLines].map(([message, count]) => `${count} × error logged by ${message}`),
    ],
  };
}

export function socketFuzzLines(report: SocketFuzzReport): string[] {
  const { seed, sequences, answers, seconds, disturbed, notes } = report;
  const besides = disturbed === 0 ? '' : `, and ${disturbed} that a crash disturbed`;
  return [
    `Seed ${seed}: ${sequences} sequences with ${answers} answers in ${seconds} s${besides}`,
    ...notes.map((note) => `  ${note}`),
  ];
}

const megabytes = (bytes: number): number => Math.round(bytes / 1_048_576);

function linesOf(
  seed: number,
  { kind, target, signature, sequences, detail, after, smallest }: Finding,
): string[] {
  const first = sequences[0];
  return [
    `${kind} (${target})${signature === '' ? '' : `: ${signature}`}, first after ${after} sequences; by ${sequences.join(', ') || 'an unknown sequence'}`,
    ...detail
      .split('\n')
      .slice(0, 8)
      .map((line) => `  ${line}`),
    ...(smallest
      ? [
          '  The smallest sequence that shows it alone:',
          ...sequenceLines(smallest).map((line) => `    ${line}`),
        ]
      : ['  It did not show again when played alone.']),
    ...(first === undefined
      ? []
      : [`  Again: ./scripts/check --fuzz-sockets --seed ${seed} --only ${first}`]),
  ];
}

/** A sequence for people. */
function sequenceLines({ connections }: Sequence): string[] {
  return connections.flatMap(({ afterMs, requests, steps }, index) => [
    `connection ${index + 1}${afterMs === 0 ? '' : `, after ${afterMs} ms`}:`,
    ...requests.map((request, number) => {
      const headers = request.headers
        .map(([name, value]) => `${name}: ${JSON.stringify(value.slice(0, 40)).slice(1, -1)}`)
        .join(', ');
      const body =
        request.body === ''
          ? ''
          : ` and ${request.body.length} bytes: ${JSON.stringify(request.body.slice(0, 80))}`;
      return `  [${number}] ${titleOf(request)} with ${headers.slice(0, 300)}${body}`;
    }),
    `  ${steps.map(stepText).join(', ')}`,
  ]);
}

function stepText(step: Step): string {
  if (step.do === 'send') {
    const part = step.part === 1 ? 'the end' : `${Math.round(step.part * 100)} %`;
    return `send up to ${part} of [${step.request}]`;
  }
  if (step.do === 'wait') return `wait ${step.ms} ms`;
  if (step.do === 'pause-reading') return `do not read for ${step.ms} ms`;
  return step.do.replace('-', ' ');
}
