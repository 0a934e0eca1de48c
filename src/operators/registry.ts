import { isDeepStrictEqual } from 'node:util'
import { CLASSES } from '../primitives/messageClass.ts'
import type { Breaker, BreakerSettings, BreakerState } from './breaker.ts'
import type { Operator } from './attempt.ts'
import type { MessageClass } from './contract.ts'
import { WEIGHT_DEFAULT } from './control/controls.ts'
import type { OperatorControl } from './control/controls.ts'
import type { Reloaded } from './control/fileEvents.ts'
import type { OperatorEvents } from './events.ts'
import { openLink } from './link.ts'
import type { Link, OnLateResult, StoreReceipt } from './link.ts'
import type { OperatorConfig, SharedByAdapters } from './protocols.ts'
import type { OperatorRoute } from './routing/config.ts'
import { groupByRoute } from './routing/groupByRoute.ts'
import type { RoutableTask, Routed } from './routing/groupByRoute.ts'
import { readBreakers } from './readBreakers.ts'
import type { BreakerReading } from './readBreakers.ts'
import { indexRoutes } from './routing/indexRoutes.ts'
import { NO_CONDITIONS } from './routing/strategy.ts'
import type { RoutingConditions } from './routing/strategy.ts'
import type { HealthFollower } from './health/followHealth.ts'
import type { LeaseQuota } from './throughput/leaseQuota.ts'
import { openLocalLease } from './throughput/localLease.ts'
import { whenAdmitting } from './whenAdmitting.ts'

export interface OperatorsSettings extends SharedByAdapters {
  /** In order of preference. Names are unique: they are what is stored with a message. */
  operators: readonly OperatorConfig[]
  /** None: every message may go to every operator. */
  routes?: readonly OperatorRoute[]
  /** The only operator of test messages, which no live message is offered to. */
  testOperator?: OperatorConfig | undefined
  events: OperatorEvents
  /** Of operators with a bound on their throughput; of this process alone by default. */
  leaseQuota?: LeaseQuota
  breaker?: Partial<BreakerSettings>
  /** Moves what routes choose by weight, by cost, or in an order that follows it; without it all count as healthy. */
  health?: Pick<HealthFollower, 'sharesFor' | 'follow'> | undefined
  storeReceipt?: StoreReceipt | undefined
  onLateResult?: OnLateResult | undefined
}

/** One class at one operator. A drained operator has none. */
export interface ClassState {
  operator: string
  messageClass: MessageClass
  state: BreakerState
  /** Since its breaker was closed last; null while it is closed. */
  openForMs: number | null
  /** The pace that it is called at; null: unlimited. */
  callsPerSecond: number | null
  callsInFlight: number
  /** The window: calls at once. */
  callsInFlightMax: number
  /** Only test messages go there. */
  isTest: boolean
}

export interface Operators {
  /** The operators as this class reaches them now, in order of preference. */
  of(messageClass: MessageClass): readonly Operator[]
  /** The operators of test messages: one, or none. */
  ofTest(messageClass: MessageClass): readonly Operator[]
  /** Groups live messages by the operators that may have them. */
  route<T extends RoutableTask>(messageClass: MessageClass, messages: T[]): Routed<T>[]
  /** What the operators of the class take together by their bounds; Infinity if one of them has none, or none is there. */
  partsPerSecond(messageClass: MessageClass): number
  /** How calls of each class can be made at each operator, in this process. */
  states(): ClassState[]
  /** The breakers of all operators, by the classes that each serves. */
  breakers(): BreakerReading[]
  /** Resolves once the breaker of some operator admits a call of this class; rejects with the signal's reason. */
  whenAdmitting(messageClass: MessageClass, signal: AbortSignal): Promise<void>
  /**
   * Replaces operators and routes. One whose configuration is the same keeps its connections, breakers and paces.
   * @throws TypeError if an adapter cannot use its settings: then nothing changes.
   */
  reload(file: { operators: readonly OperatorConfig[]; routes: readonly OperatorRoute[] }): Reloaded
  /** Applies the controls of operators by name; one that is not named is active and has the default weight. */
  control(controls: ReadonlyMap<string, OperatorControl>): void
  /** Ends once the calls in flight have ended, which their time limits bound. */
  close(): Promise<void>
}

/**
 * Builds every operator, with breakers for each class, so that one never closes an operator to the other (invariant 5).
 * Throws a TypeError if two operators have one name or an adapter cannot use its settings.
 */
export function registerOperators(settings: OperatorsSettings): Operators {
  const { testOperator, events, health, leaseQuota = openLocalLease() } = settings
  const listeners = new Set<() => void>()
  const closing = new Set<Promise<void>>()
  const open = (config: OperatorConfig) => openLink(config, events, leaseQuota, settings)
  const test = testOperator && open(testOperator)
  let controls: ReadonlyMap<string, OperatorControl> = new Map()
  let configs: readonly OperatorConfig[] = []
  /** By name. A drained operator has none. */
  let links = new Map<string, Link>()
  let live: Record<MessageClass, Operator[]> = { normal: [], express: [] }
  let routes = indexRoutes({ operators: [], routes: [] })

  const changed = () => {
    const inOrder = configs.flatMap(({ name }) => links.get(name) ?? [])
    for (const each of CLASSES) live = { ...live, [each]: inOrder.flatMap(({ of }) => of[each] ?? []) }
    for (const listener of [...listeners]) listener()
  }
  const close = (link: Link) => {
    const closed = link.close().finally(() => closing.delete(closed))
    closing.add(closed)
  }
  const stateOf = (name: string) => controls.get(name)?.state ?? 'active'
  const isDrained = (name: string) => stateOf(name) === 'drained'
  const apply = (link: Link) => link.hold(stateOf(link.config.name) === 'paused')
  const conditions = conditionsOf(health, (name) => controls.get(name)?.weight)

  const operators: Operators = {
    of: (messageClass) => live[messageClass],
    ofTest: (messageClass) => (test?.of[messageClass] ? [test.of[messageClass]] : []),
    route: (messageClass, messages) =>
      groupByRoute(routes, messageClass, live[messageClass], messages, conditions),
    partsPerSecond: (messageClass) => partsPerSecondOf(live[messageClass]),
    states: () => statesOfAll([...links.values()], test),
    breakers: () => readBreakers({ configs, links, stateOf }, test),
    whenAdmitting: (messageClass, signal) =>
      whenAdmitting(() => live[messageClass].map(breakerOf), listeners, signal),
    reload(file) {
      assertNames(testOperator ? [...file.operators, testOperator] : file.operators)
      const served = file.operators.filter(({ name }) => !isDrained(name))
      const { kept, opened } = openChanged(served, links, open)
      const gone = [...links.values()].filter((link) => !kept.includes(link))
      configs = file.operators
      routes = indexRoutes(file)
      health?.follow(routes.healthPrefixes)
      links = new Map([...kept, ...opened].map((link) => [link.config.name, link]))
      opened.forEach(apply)
      changed()
      gone.forEach(close)
      return { opened: opened.map(nameOf), kept: kept.map(nameOf), closed: gone.map(nameOf) }
    },
    control(next) {
      controls = next
      for (const config of configs) {
        const link = links.get(config.name)
        if (link && isDrained(config.name)) {
          links.delete(config.name)
          close(link)
        } else if (!link && !isDrained(config.name)) links.set(config.name, open(config))
      }
      for (const link of links.values()) apply(link)
      changed()
    },
    close: async () => {
      for (const link of links.values()) close(link)
      if (test) close(test)
      await Promise.all(closing)
    },
  }
  operators.reload({ operators: settings.operators, routes: settings.routes ?? [] })
  return operators
}

function assertNames(configs: readonly OperatorConfig[]): void {
  const names = new Set(configs.map(({ name }) => name))
  if (names.size !== configs.length) throw new TypeError('two operators have one name')
}

/** Opens what is new or has changed: all of it, or nothing. */
function openChanged(
  configs: readonly OperatorConfig[],
  links: ReadonlyMap<string, Link>,
  open: (config: OperatorConfig) => Link,
): { kept: Link[]; opened: Link[] } {
  const kept: Link[] = []
  const opened: Link[] = []
  try {
    for (const config of configs) {
      const link = links.get(config.name)
      if (link && isDeepStrictEqual(link.config, config)) kept.push(link)
      else opened.push(open(config))
    }
    return { kept, opened }
  } catch (error) {
    for (const link of opened) void link.close()
    throw error
  }
}

function nameOf({ config }: Link): string {
  return config.name
}

function breakerOf({ breaker }: Operator): Breaker {
  return breaker
}

/** @param controlWeightOf undefined for an operator without a control. */
function conditionsOf(
  health: OperatorsSettings['health'],
  controlWeightOf: (operator: string) => number | undefined,
): Omit<RoutingConditions, 'isAvailable'> {
  return {
    healthOf: health?.sharesFor ?? NO_CONDITIONS.healthOf,
    controlWeightOf: (operator) => (controlWeightOf(operator) ?? WEIGHT_DEFAULT) / WEIGHT_DEFAULT,
  }
}

function partsPerSecondOf(operators: readonly Operator[]): number {
  const bounds = operators.map(({ throughput }) => throughput?.partsPerSecond ?? Infinity)
  return bounds.length === 0 ? Infinity : bounds.reduce((sum, bound) => sum + bound)
}

function statesOfAll(links: Link[], test: Link | undefined): ClassState[] {
  const live = links.flatMap((link) => statesOf(link, false))
  return [...live, ...(test ? statesOf(test, true) : [])].sort(byClass)
}

function statesOf({ of }: Link, isTest: boolean): ClassState[] {
  return CLASSES.flatMap((messageClass) => {
    const operator = of[messageClass]
    if (!operator) return []
    const { name, breaker, pace, adapter } = operator
    return {
      ...{ operator: name, messageClass, isTest, state: breaker.state() },
      ...{ openForMs: breaker.openForMs(), callsPerSecond: pace.callsPerSecond() },
      ...{ callsInFlight: adapter.callsInFlight?.() ?? 0, callsInFlightMax: adapter.callsInFlightMax },
    }
  })
}

function byClass(a: ClassState, b: ClassState): number {
  return CLASSES.indexOf(a.messageClass) - CLASSES.indexOf(b.messageClass)
}
