import { join } from 'node:path'
import { freePorts } from '../../dev/servers/ports.ts'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import { startEngine } from '../../dev/stack/programs.ts'
import type { Random } from '../random.ts'
import { ROLES, STEPS } from '../steps.ts'
import type { Role } from '../steps.ts'
import { SupervisedProcess } from './supervisedProcess.ts'
import type { PreloadedFaults, SupervisedProcessSettings } from './supervisedProcess.ts'
import { PRICES } from './prices.ts'
import type { Stage } from './stage.ts'
import { changeVersion } from './versions.ts'
import type { Version, Versioned } from './versions.ts'

/** The engine: several processes of each role. */
export interface EngineProcesses {
  all: readonly SupervisedProcess[]
  of(role: Role): SupervisedProcess[]
  apiUrls: readonly string[]
  /** Changes the program of each role's processes, one after the other; all begin with the old one. */
  changeTo(version: Version): Promise<void>
  close(): Promise<void>
}

const PROCESSES_PER_ROLE = 2
/** Requests reach every process, of which each has this many connections at most: below what the server admits. */
const CONNECTIONS = 20
/** Short, so that failed messages and their refunds are part of the run. */
const GRACE = '10s'

/** The share of processes that die or freeze at a step. The others are hit by faults from outside. */
const ARMED_SHARE = 0.7
const FREEZE_SHARE = 0.1
/** At which time of reaching it. Requests come one by one, envelopes with many messages in each. */
const TIMES_MAX: Record<Role, number> = { api: 600, relay: 60, consumer: 60 }
/** It is to have started before it freezes. */
const TIMES_MIN_FREEZE = 10
const SHIFTED_SHARE = 0.1
const SHIFT_MAX_MS = 6 * 3_600_000

export async function startEngineProcesses(
  stage: Stage,
  random: Random,
  events: Pick<SupervisedProcessSettings, 'onDeath' | 'onFreeze' | 'onFault'> & {
    onShift: (role: Role) => void
  },
  { hasFaults }: { hasFaults: boolean },
): Promise<EngineProcesses> {
  const names = ROLES.flatMap((role) =>
    Array.from({ length: PROCESSES_PER_ROLE }, (_, number) => ({
      role,
      name: `${role}-${number + 1}`,
    })),
  )
  const ports = await freePorts(names.length)
  const steps = stepsInTurn(random)
  const versioned = names.map(({ role, name }, index) => {
    const each: Omit<Versioned, 'process'> = { wanted: 'old' }
    const process = new SupervisedProcess({
      ...{ name, role },
      ...{ onDeath: events.onDeath, onFreeze: events.onFreeze, onFault: events.onFault },
      preloaded: () => {
        if (!hasFaults) return {}
        const preloaded = drawPreloaded(random, role, steps(role))
        if (preloaded.clockOffsetMs !== undefined) events.onShift(role)
        return preloaded
      },
      start: (preloaded) => {
        each.started = each.wanted
        return startEngine({
          ...{ name, role, readyAt: '/healthz', port: ports[index] ?? 0 },
          checkout: each.started === 'old' ? stage.oldCheckout?.folder : undefined,
          ...{ databaseUrl: stage.databaseLink.url, amqpUrl: stage.brokerLink.url },
          operatorUrls: { a: stage.operators[0].link.url, b: stage.operators[1].link.url },
          logFile: join(stage.folder, 'logs', `${name}.log`),
          env: {
            ...{ DB_MAX_OPEN_CONNS: String(CONNECTIONS), DB_MAX_IDLE_CONNS: String(CONNECTIONS) },
            ...{ UNAVAILABLE_GRACE: GRACE, LOG_LEVEL: 'info' },
            ...{ PRICE_NORMAL: String(PRICES.normal), PRICE_EXPRESS: String(PRICES.express) },
            ...envOf(preloaded),
          },
        })
      },
    })
    return Object.assign(each, { process })
  })
  const all = versioned.map(({ process }) => process)
  return {
    all,
    of: (role) => all.filter((each) => each.role === role),
    apiUrls: names.flatMap(({ role }, index) => (role === 'api' ? [`http://127.0.0.1:${ports[index]}`] : [])),
    async changeTo(version) {
      const ofRole = (role: Role) => versioned.filter(({ process }) => process.role === role)
      await Promise.all(ROLES.map((role) => changeVersion(ofRole(role), version)))
    },
    close: async () => void (await Promise.all(all.map((each) => each.close()))),
  }
}

/** Each step in its turn, beginning at a random one: none is left out for long. */
function stepsInTurn(random: Random): (role: Role) => string {
  const turns = Object.fromEntries(ROLES.map((role) => [role, random.whole(0, STEPS[role].length - 1)]))
  return (role) => {
    const turn = turns[role] ?? 0
    turns[role] = turn + 1
    return STEPS[role][turn % STEPS[role].length] as string
  }
}

function drawPreloaded(random: Random, role: Role, step: string): PreloadedFaults {
  const isArmed = random.share() < ARMED_SHARE
  const isToFreeze = random.share() < FREEZE_SHARE
  const isShifted = random.share() < SHIFTED_SHARE
  return {
    ...(isArmed && {
      step,
      times: random.whole(isToFreeze ? TIMES_MIN_FREEZE : 1, TIMES_MAX[role]),
      act: isToFreeze ? 'freeze' : 'kill',
    }),
    ...(isShifted && { clockOffsetMs: random.whole(-SHIFT_MAX_MS, SHIFT_MAX_MS) }),
  }
}

function envOf({ step, times, act, clockOffsetMs }: PreloadedFaults): NodeJS.ProcessEnv {
  const preload = (name: string) => `--import=${join(CHECKOUT, 'chaos/preload', name)}`
  const preloads = [
    ...(step === undefined ? [] : [preload('atStep.ts')]),
    ...(clockOffsetMs === undefined ? [] : [preload('shiftedClock.ts')]),
  ]
  if (preloads.length === 0) return {}
  return {
    NODE_OPTIONS: preloads.join(' '),
    ...(step !== undefined && { CHAOS_STEP: step, CHAOS_TIMES: String(times), CHAOS_ACT: act }),
    ...(clockOffsetMs !== undefined && { CHAOS_CLOCK_OFFSET_MS: String(clockOffsetMs) }),
  }
}
