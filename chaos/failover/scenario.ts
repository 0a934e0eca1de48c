import type { StopList } from '../../dev/processes/stopList.ts'
import type { EngineStage } from '../stage/stage.ts'
import type { Meter } from './meter.ts'
import type { Recovered } from './recoveryTimes.ts'

/** Servers that can fail over, and how they are made to. */
export interface Ground {
  servers: string
  /** Of the migrated database, past the links. */
  databaseUrl: string
  links: Pick<EngineStage, 'databaseLink' | 'brokerLink'>
  steps: readonly Step[]
}

/** One fault after the other; each is over before the next one. */
export interface Step {
  what: string
  run: (meter: Meter) => Promise<Recovered>
}

export interface GroundOptions {
  folder: string
  stopList: StopList
  say: (line: string) => void
}

/** What a step came to. */
export interface Row extends Recovered {
  what: string
}
