import { join } from 'node:path'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import { startEngine } from '../../dev/stack/programs.ts'
import type { Random } from '../random.ts'
import { PRICES } from '../prices.ts'
import { isReachable, ROLES, STEPS } from '../steps.ts'
import type { Role } from '../steps.ts'
import { ADMIN_KEY } from './adminKey.ts'
import { SupervisedProcess } from './supervisedProcess.ts'
import type { PreloadedFaults, SupervisedProcessSettings } from './supervisedProcess.ts'
import { OPERATORS_SECRETS } from './operatorsFile.ts'
import type { EngineStage } from './stage.ts'
import { changeVersion } from './versions.ts'
import type { Version, Versioned } from './versions.ts'

/** The engine: several processes of each role. */
export interface EngineProcesses {
  all: readonly SupervisedProcess[]
  of(role: Role): SupervisedProcess[]
  apiUrls: readonly string[]
  /** Changes the program of each role's processes, one after the other; all begin with the old one. */
  changeTo(version: Version): Promise<void>
  /** From now on there are events. */
  meetEvents(): void
  close(): Promise<void>
}

/** Requests reach every process, of which each has this many connections at most: below what the server admits. */
const CONNECTIONS = 20

/** The share of processes that die or freeze at a step. The others are hit by faults from outside. */
const ARMED_SHARE = 0.7
const FREEZE_SHARE = 0.1
/** At which time of reaching it. Messages come one by one, envelopes with many in each; other requests are rare. */
const TIMES_MAX: Record<Role, number> = { api: 600, relay: 60, consumer: 60 }
const TIMES_MAX_RARE = 10
const RARE = /^(?:delivery\.cancel|messages\.accept_bulk|ledger\.top_up|events\.sequence|webhooks\.record) /
/** It is to have started before it freezes. */
const TIMES_MIN_FREEZE = 10
const SHIFTED_SHARE = 0.1
const SHIFT_MAX_MS = 6 * 3_600_000

export function startEngineProcesses(
  stage: EngineStage,
  random: Random,
  events: Pick<SupervisedProcessSettings, 'onDeath' | 'onFreeze' | 'onFault'> & {
    onShift: (role: Role) => void
  },
  { hasFaults, retries }: { hasFaults: boolean; retries: NodeJS.ProcessEnv },
): EngineProcesses {
  const names = ROLES.flatMap((role) =>
    stage.ports[role].map((port, index) => ({ role, port, name: `${role}-${index + 1}` })),
  )
  const steps = stepsInTurn(random)
  let hasEvents = false
  const versioned = names.map(({ role, name, port }) => {
    const each: Omit<Versioned, 'process'> = { wanted: 'old' }
    const process = new SupervisedProcess({
      ...{ name, role },
      ...{ onDeath: events.onDeath, onFreeze: events.onFreeze, onFault: events.onFault },
      preloaded: () => {
        if (!hasFaults) return {}
        const isOld = each.wanted === 'old' && stage.oldCheckout !== undefined
        const preloaded = drawPreloaded(random, role, () => steps(role, { isOld, hasEvents }))
        if (preloaded.clockOffsetMs !== undefined) events.onShift(role)
        return preloaded
      },
      start: (preloaded) => {
        each.started = each.wanted
        const oldCheckout = each.started === 'old' ? stage.oldCheckout : undefined
        return startEngine({
          ...{ name, role, readyAt: '/healthz', port },
          checkout: oldCheckout?.folder,
          ...{ databaseUrl: stage.databaseLink.url, amqpUrl: stage.brokerLink.url },
          logFile: join(stage.folder, 'logs', `${name}.log`),
          env: {
            ...{ DB_MAX_OPEN_CONNS: String(CONNECTIONS), DB_MAX_IDLE_CONNS: String(CONNECTIONS) },
            ...{ ...retries, LOG_LEVEL: 'info' },
            ...{ PRICE_NORMAL: String(PRICES.normal), PRICE_EXPRESS: String(PRICES.express) },
            ...(oldCheckout === undefined ? newSettings(stage) : oldSettings(stage)),
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
    meetEvents: () => void (hasEvents = true),
    apiUrls: stage.ports.api.map((port) => `http://127.0.0.1:${port}`),
    async changeTo(version) {
      const ofRole = (role: Role) => versioned.filter(({ process }) => process.role === role)
      await Promise.all(ROLES.map((role) => changeVersion(ofRole(role), version)))
    },
    close: async () => void (await Promise.all(all.map((each) => each.close()))),
  }
}

/** The older program has neither admins nor test keys, and speaks HTTP with operators. */
function newSettings({ testOperator, operatorsFile }: EngineStage): NodeJS.ProcessEnv {
  return {
    ...{ ADMIN_API_KEY: ADMIN_KEY, TEST_OPERATOR_URL: testOperator.link.url },
    ...{ OPERATORS_FILE: operatorsFile, ...OPERATORS_SECRETS, WEBHOOK_ALLOW_PRIVATE: 'yes' },
  }
}

function oldSettings({ operators: [a, b] }: EngineStage): NodeJS.ProcessEnv {
  return { OPERATOR_A_URL: a.link.url, OPERATOR_B_URL: b.link.url }
}

/** Each step that can be reached in its turn, beginning at a random one: none is left out for long. */
function stepsInTurn(random: Random): (role: Role, when: Parameters<typeof isReachable>[1]) => string {
  const turns = Object.fromEntries(ROLES.map((role) => [role, random.whole(0, STEPS[role].length - 1)]))
  return (role, when) => {
    for (;;) {
      const turn = turns[role] ?? 0
      turns[role] = turn + 1
      const step = STEPS[role][turn % STEPS[role].length] as string
      if (isReachable(step, when)) return step
    }
  }
}

function drawPreloaded(random: Random, role: Role, nextStep: () => string): PreloadedFaults {
  const isArmed = random.share() < ARMED_SHARE
  const isShifted = random.share() < SHIFTED_SHARE
  return {
    ...(isArmed && drawAct(random, role, nextStep())),
    ...(isShifted && { clockOffsetMs: random.whole(-SHIFT_MAX_MS, SHIFT_MAX_MS) }),
  }
}

function drawAct(random: Random, role: Role, step: string): PreloadedFaults {
  const isToFreeze = random.share() < FREEZE_SHARE
  const timesMax = RARE.test(step) ? TIMES_MAX_RARE : TIMES_MAX[role]
  return {
    ...{ step, act: isToFreeze ? 'freeze' : 'kill' },
    times: random.whole(isToFreeze ? TIMES_MIN_FREEZE : 1, timesMax),
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
