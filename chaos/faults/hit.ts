import type { Random } from '../random.ts'
import type { Crew } from '../stage/crew.ts'
import type { Stage } from '../stage/stage.ts'
import type { Kind } from './kinds.ts'

export interface World {
  stage: Stage
  crew: Crew
}

/** What a fault needs besides the world. */
export interface Hit {
  kind: Kind
  random: Random
  forMs: number
}

/**
 * Ends a fault; resolves when it is over, that is, when nothing but the engine stands between it and being well: a
 * server runs again, a link carries, an operator is as usual.
 */
export type End = () => Promise<void>

/** Undefined: there was nothing to hit at that moment. */
export type Inflicted = End | undefined
