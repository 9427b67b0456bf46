import { setTimeout as delay } from 'node:timers/promises';
import { serviceNames } from '../repository/packages.ts';
import type { Crash } from './crash-watch.ts';
import { checkLeaks, type Leaks } from './check-leaks.ts';
import { Findings, type Finding } from './findings.ts';
import { generateSequence } from './generate-sequence.ts';
import { DEATH_MS, LIMITS_ALONE, type Played, playSequence } from './play-sequence.ts';
import { serviceOfTarget } from './render-request.ts';
import type { PlannedRequest, Sequence } from './sequence.ts';
import { type FuzzStage, readMetrics, readText, setStage } from './set-stage.ts';
import { shrinkSequence } from './shrink-sequence.ts';

export interface SocketFuzzPlan {
  seed: number;
  sequences: number;
  /** Begins no sequence after this. */
  durationMs: number;
  /** Plays this sequence alone. */
  only?: number;
  /** Plays only those against a target with this in its name. */
  on?: string;
  /** Leaves out sequences with this text in the method, target or headers of a request, to look past a known fault. */
  skip?: string;
}

export interface SocketFuzzOutcome {
  plan: SocketFuzzPlan;
  /** Sequences that ended without the end of a process in between. */
  played: number;
  answers: number;
  /** Sequences that were not judged, because a process ended meanwhile. */
  disturbed: number;
  durationMs: number;
  /** Without the crashes that shrinking caused. */
  crashesMet: number;
  findings: readonly Finding[];
  /** The times at which `/healthz` did not answer. */
  silences: string[];
  leaks: Leaks;
  errorLines: ReadonlyMap<string, number>;
}

const AT_ONCE = 32;
const BATCH = 640;
/** After this, stores have their connections and the code is compiled. */
const WARM_UP = 320;
/** How often `--only` plays its sequence: a fault may depend on timing. */
const ONLY_TIMES = 20;
const ALONE_TIMES = 3;
const COPIES = 8;
const SUSPECTED_MS = 1_000;
/** A disconnect shows its effect within this time. */
const AFTERMATH_MS = 40;
const SHRINK_MS = 25_000;
const SUSPECT_MS = 40_000;
/** More findings than these are not shrunk. */
const MOST_SHRUNK = 8;
const MOST_CRASHES = 40;

/** Plays sequences against a private system, reports the faults, and restarts a process that ends. */
export async function runSocketFuzz(
  plan: SocketFuzzPlan,
  say: (line: string) => void,
): Promise<SocketFuzzOutcome> {
  say('Starting a private system …');
  const stage = await setStage();
  try {
    return await new SocketFuzz(stage, plan, say).run();
  } finally {
    await stage.laurel.stop();
  }
}

class SocketFuzz {
  readonly #stage: FuzzStage;
  readonly #plan: SocketFuzzPlan;
  readonly #say: (line: string) => void;
  readonly #findings = new Findings();
  readonly #silences: string[] = [];
  readonly #requestIds = new Set<string>();
  #played = 0;
  #answers = 0;
  #disturbed = 0;
  #crashesMet = 0;
  #spentMs = 0;
  #crashesSeen = 0;
  #shrunk = 0;

  constructor(stage: FuzzStage, plan: SocketFuzzPlan, say: (line: string) => void) {
    this.#stage = stage;
    this.#plan = plan;
    this.#say = say;
  }

  async run(): Promise<SocketFuzzOutcome> {
    const { only, seed, sequences, durationMs } = this.#plan;
    const { watch } = this.#stage;
    const startedAt = performance.now();
    // The time for shrinking does not count.
    const isLate = (): boolean => performance.now() - startedAt - this.#spentMs > durationMs;
    let start = await readMetrics(this.#stage);
    let next = only === undefined ? 1 : sequences + 1;
    let waiting =
      only === undefined ? [] : Array.from({ length: ONLY_TIMES }, () => generateSequence(seed, only));
    while ((waiting.length > 0 || next <= sequences) && !isLate() && this.#crashesMet < MOST_CRASHES) {
      const isWarm = this.#played > 0;
      while (waiting.length < (isWarm ? BATCH : WARM_UP) && next <= sequences) {
        const sequence = generateSequence(seed, next);
        next += 1;
        if (isWanted(sequence, this.#plan)) waiting.push(sequence);
      }
      waiting = await this.#playBatch(waiting, only === undefined ? AT_ONCE : 1, isLate);
      await this.#checkHealth();
      if (!isWarm) start = await readMetrics(this.#stage);
      this.#say(
        `${this.#played} sequences, ${this.#answers} answers, ${this.#findings.all.length} findings, ${this.#crashesMet} crashes`,
      );
    }
    await delay(2 * DEATH_MS);
    await this.#mended();
    await this.#noteCrashes([]);
    this.#say('Waiting until every connection is closed …');
    const leaks = await checkLeaks(this.#stage, start);
    return {
      plan: this.#plan,
      played: this.#played,
      answers: this.#answers,
      disturbed: this.#disturbed,
      durationMs: performance.now() - startedAt,
      crashesMet: this.#crashesMet,
      findings: this.#findings.all,
      silences: this.#silences,
      leaks,
      errorLines: watch.errorLines,
    };
  }

  /** @returns the sequences that did not start. It drops those that a crash disturbed: they would cause the same crash again. */
  async #playBatch(batch: readonly Sequence[], atOnce: number, isLate: () => boolean): Promise<Sequence[]> {
    const { watch } = this.#stage;
    const waiting = batch.values();
    const done: Played[] = [];
    let isStopped = false;
    const work = async (): Promise<void> => {
      while (!isStopped && !isLate()) {
        const { value: sequence } = waiting.next();
        if (sequence === undefined) return;
        const played = await playSequence(this.#stage, sequence, this.#requestIds);
        done.push(played);
        isStopped ||= watch.crashes.length > this.#crashesSeen || played.isVoid;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    await this.#mended();
    const valid = done.filter(({ isVoid }) => !isVoid);
    const lookingSince = performance.now();
    for (const played of valid) await this.#note(played);
    await this.#noteCrashes(done);
    this.#spentMs += performance.now() - lookingSince;
    this.#disturbed += done.length - valid.length;
    return [...waiting];
  }

  async #note({ sequence, answers, breaches }: Played): Promise<void> {
    this.#played += 1;
    this.#answers += answers;
    for (const { kind, detail } of breaches) {
      const { finding, isNew } = this.#findings.add(
        { kind, target: sequence.target, detail, after: this.#played },
        sequence.number,
      );
      if (!isNew) continue;
      this.#say(`Sequence ${sequence.number} on ${sequence.target}: ${kind}: ${detail}`);
      finding.smallest = await this.#shrink(sequence, async (candidate) => {
        const played = await this.#playAlone(candidate);
        return played.breaches.some((breach) => breach.kind === kind);
      });
    }
  }

  async #noteCrashes(done: readonly Played[]): Promise<void> {
    const { crashes } = this.#stage.watch;
    this.#crashesMet += crashes.length - this.#crashesSeen;
    // Shrinking one crash may cause others.
    for (; this.#crashesSeen < crashes.length; this.#crashesSeen += 1) {
      const crash = crashes[this.#crashesSeen];
      if (crash) await this.#noteCrash(crash, done);
    }
  }

  async #noteCrash({ server, signature, words, at }: Crash, done: readonly Played[]): Promise<void> {
    const target = serviceOfTarget(server);
    const { finding, isNew } = this.#findings.add({
      kind: 'a crash',
      target,
      signature,
      detail: words,
      after: this.#played,
    });
    if (!isNew) return;
    this.#say(`${server} crashed after ${this.#played} sequences: ${signature}`);
    const suspects = done
      .filter(({ sequence }) => [target, 'api-gateway'].includes(serviceOfTarget(sequence.target)))
      .filter(({ startedAt, endedAt }) => startedAt <= at && endedAt >= at - SUSPECTED_MS)
      .toSorted((a, b) => Math.abs(a.endedAt - at) - Math.abs(b.endedAt - at));
    const shows = async (candidate: Sequence): Promise<boolean> => {
      const before = this.#stage.watch.crashes.length;
      // The fault may depend on milliseconds: several copies at once meet it more often.
      const copies = Array.from({ length: COPIES }, () => candidate);
      await Promise.all(
        copies.map((copy) => playSequence(this.#stage, copy, this.#requestIds, LIMITS_ALONE)),
      );
      await this.#isAlive();
      const again = this.#stage.watch.crashes.slice(before);
      return again.some((crash) => crash.signature === signature);
    };
    const limit = performance.now() + SUSPECT_MS;
    for (const { sequence } of suspects) {
      if (performance.now() > limit) return;
      if (!(await severalTimes(ALONE_TIMES, () => shows(sequence)))) continue;
      finding.sequences.push(sequence.number);
      finding.smallest = await this.#shrink(sequence, shows);
      return;
    }
  }

  /** @returns undefined if the sequence does not show the fault by itself. */
  async #shrink(
    sequence: Sequence,
    shows: (candidate: Sequence) => Promise<boolean>,
  ): Promise<Sequence | undefined> {
    if (this.#shrunk >= MOST_SHRUNK) return undefined;
    if (!(await severalTimes(ALONE_TIMES, () => shows(sequence)))) return undefined;
    this.#shrunk += 1;
    const twice = (candidate: Sequence): Promise<boolean> => severalTimes(2, () => shows(candidate));
    return shrinkSequence(sequence, twice, { limitMs: SHRINK_MS, clock: () => performance.now() });
  }

  async #playAlone(sequence: Sequence): Promise<Played> {
    const played = await playSequence(this.#stage, sequence, this.#requestIds, LIMITS_ALONE);
    await this.#mended();
    return played;
  }

  async #mended(): Promise<void> {
    await this.#stage.watch.mended(this.#stage.servers);
  }

  /** A process that is about to end does not answer. */
  async #isAlive(): Promise<void> {
    const { ports } = this.#stage;
    await delay(AFTERMATH_MS);
    const alive = await Promise.all(
      serviceNames.map((name) => readText(ports.get(name) ?? 0, '/healthz').catch(() => false)),
    );
    if (!alive.every(Boolean)) await delay(DEATH_MS);
    await this.#mended();
  }

  async #checkHealth(): Promise<void> {
    for (const [target, port] of this.#stage.ports) {
      await readText(port, '/healthz').catch(async (error: unknown) => {
        await delay(DEATH_MS);
        if (this.#stage.watch.crashes.length > this.#crashesSeen) return;
        this.#silences.push(`${target} after ${this.#played} sequences: ${String(error)}`);
      });
    }
  }
}

function isWanted({ target, connections }: Sequence, { on = '', skip }: SocketFuzzPlan): boolean {
  if (!target.includes(on)) return false;
  const requests = connections.flatMap((connection) => connection.requests);
  return skip === undefined || !requests.some((request) => headOf(request).includes(skip));
}

const headOf = ({ method, target, headers }: PlannedRequest): string =>
  [`${method} ${target}`, ...headers.map((header) => header.join(': '))].join('\n');

async function severalTimes(times: number, attempt: () => Promise<boolean>): Promise<boolean> {
  for (let count = 0; count < times; count += 1) if (await attempt()) return true;
  return false;
}
