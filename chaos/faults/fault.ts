import type { Random } from '../random.ts'
import type { EngineProcesses } from '../stage/engineProcesses.ts'
import type { EngineStage, Stage } from '../stage/stage.ts'

export interface World<S extends EngineStage = Stage> {
  stage: S
  processes: EngineProcesses
}

/** Groups have a rhythm of their own: while the broker restarts, operators misbehave and processes die. */
export const GROUPS = ['process', 'database', 'session', 'broker', 'link', 'operator'] as const
export type Group = (typeof GROUPS)[number]

/** One kind of thing that goes wrong. */
export interface Fault {
  /** Its name in the table. */
  kind: string
  group: Group
  /** How often it is drawn within its group; 0: the plan has a place of its own for it. */
  weight: number
  /** It has happened when it has begun: there is no end to wait for. */
  isMomentary?: boolean
  /** The server that is started again at its end; the time to recovery counts from that start. */
  restarts?: 'MySQL' | 'RabbitMQ'
  /** A short run injects this fault by itself too. */
  isSample?: boolean
  /** How long it lasts when it is injected by itself. */
  calmMs?: number
  /** How soon after its end the system must have recovered. */
  recoverWithinMs?: number
  /** Begins it. @returns how it ends. */
  inflict: (world: World, hit: Hit) => Promise<Inflicted>
}

/** What decides the rest: which process, which operator, which of several ways; and for how long. */
export interface Hit {
  random: Random
  forMs: number
}

/** Ends a fault. Resolves when the broken part works again; only the engine's recovery remains. */
export type End = () => Promise<void>

/** Undefined: there was nothing to hit at that moment. */
export type Inflicted = End | undefined

export const overAtOnce: End = () => Promise.resolve()
