import { readUsage } from './bench/measure/usage.ts'
import type { Usage } from './bench/measure/usage.ts'
import { startGenerator } from './generator/index.ts'
import type { GeneratorPlan, GeneratorProgress, GeneratorResult } from './generator/index.ts'
import type { ByPart } from './result.ts'

/** What was seen at the end of a second of the generator. */
export interface Look {
  progress: GeneratorProgress
  usage: Usage
}

export interface WatchedLoad {
  result: GeneratorResult
  /** Before the first request. */
  usageBefore: Usage
  /** One a second. */
  looks: Look[]
}

/** Offers the load, and sees each second what it costs those processes that are known. */
export async function watchLoad(
  plan: GeneratorPlan,
  known: ByPart<number[]>,
  onProgress: (progress: GeneratorProgress) => void,
  signal?: AbortSignal,
): Promise<WatchedLoad> {
  const processes = { ...known }
  const looks: Look[] = []
  let usageBefore = readUsage(processes)
  const look = (progress: GeneratorProgress) => {
    // What is left of a second at the end is in the sums, and too short for a rate.
    if (secondOf(progress) > secondOf(looks.at(-1)?.progress))
      looks.push({ progress, usage: readUsage(processes) })
    onProgress(progress)
  }
  const result = await startGenerator(plan, look, {
    onStarted: (pid) => {
      processes.generator = [pid]
      usageBefore = readUsage(processes)
    },
    ...(signal && { signal }),
  })
  return { result, usageBefore, looks }
}

/** The second at whose end it stands: 0 is the first one of the measured time. */
export function secondOf(progress: Pick<GeneratorProgress, 'elapsedMs'> | undefined): number {
  return progress ? Math.round(progress.elapsedMs / 1_000) - 1 : -Infinity
}
