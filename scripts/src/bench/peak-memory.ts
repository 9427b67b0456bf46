import { readFile, writeFile } from 'node:fs/promises';
import type { MeasuredProcess } from './cpu-time.ts';

const RESET_PEAK = '5';

/** Begins anew to look for the most that a process holds in memory; Linux only, see proc_pid_clear_refs(5). */
export async function resetPeakMemory({ pid }: MeasuredProcess): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, RESET_PEAK);
}

/** @returns what a process holds in memory now, and the most that it held since the reset, in MiB */
export async function memoryOf({ pid }: MeasuredProcess): Promise<{ nowMiB: number; peakMiB: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1_024;
  return { nowMiB: mebibytes('VmRSS'), peakMiB: mebibytes('VmHWM') };
}
