import { setTimeout as pause } from 'node:timers/promises'
import type { StagedOperators } from '../stage/operators.ts'
import type { SteadyLoad } from './offerSteadily.ts'
import { measureRecovery } from './recoveryTimes.ts'
import type { Recovered, Sample } from './recoveryTimes.ts'

export interface Meter {
  /** Lets a fault happen and watches for `forMs`, or until the fault's own end if that is later. */
  watch(fault: () => Promise<unknown>, forMs: number): Promise<Recovered>
  stop(): Promise<void>
}

const SAMPLE_MS = 200

/** Samples what clients and operators have seen, for as long as it is open. */
export function openMeter({ operators }: StagedOperators, load: SteadyLoad, ratePerSecond: number): Meter {
  const samples: Sample[] = []
  let isStopping = false
  const keepSampling = async () => {
    while (!isStopping) {
      const summaries = await Promise.all(operators.map(({ admin }) => admin.summary()))
      const handedOver = summaries.reduce((sum, { taken }) => sum + taken, 0)
      samples.push({ atMs: performance.now(), accepted: load.accepted(), handedOver })
      await pause(SAMPLE_MS)
    }
  }
  const sampling = keepSampling()
  return {
    async watch(fault, forMs) {
      const faultAtMs = performance.now()
      await Promise.all([fault(), pause(forMs)])
      const since = samples.filter(({ atMs }) => atMs >= faultAtMs)
      return measureRecovery(since, faultAtMs, ratePerSecond)
    },
    async stop() {
      isStopping = true
      await sampling
    },
  }
}
