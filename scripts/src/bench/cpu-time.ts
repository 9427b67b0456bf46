import { readdir, readFile } from 'node:fs/promises';
import type { Server } from '../processes/server.ts';

/** Of Linux on every platform that Node runs on (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** The leader of a process group. */
export type MeasuredProcess = Pick<Server, 'name' | 'pid'>;

/** CPU seconds by the name of a process, of all processes in its group. Empty if the system has no `/proc`. */
export type CpuTimes = Record<string, number>;

/**
 * Reads user and system time out of `/proc/PID/stat` (proc_pid_stat(5): fields 5, 14 and 15). Every one leads a
 * process group of its own, and some, like RabbitMQ, do their work in a child.
 */
export async function cpuTimes(processes: readonly MeasuredProcess[]): Promise<CpuTimes> {
  const names = new Map(processes.map(({ name, pid }) => [pid, name]));
  const times: CpuTimes = {};
  for (const entry of await readdir('/proc').catch(() => [])) {
    const stat = /^\d+$/.test(entry)
      ? await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => undefined)
      : undefined;
    if (stat === undefined) continue;
    // The second field is the command in parentheses and may hold spaces; the third comes first here.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const name = names.get(fields[2]);
    if (name === undefined) continue;
    times[name] = (times[name] ?? 0) + ((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS_PER_SECOND;
  }
  return times;
}

export function cpuSince(before: CpuTimes, after: CpuTimes): CpuTimes {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]),
  );
}
