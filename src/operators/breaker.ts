import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'

export type BreakerState = 'closed' | 'open' | 'half-open'

/**
 * A permit for one operator call, of which a probe's carries one message. The caller must record the result of every
 * ticket.
 */
export interface Ticket {
  readonly probe: boolean
  readonly generation: number
}

export interface BreakerSettings {
  /** Calls within the window before their failures may open the breaker. */
  volumeThreshold: number
  /** The breaker opens when more than this share of the window's calls failed. */
  errorThresholdPercentage: number
  rollingCountTimeoutMs: number
  resetTimeoutMs: number
}

/** One failure of an idle operator must not open the breaker; five calls are a tenth of a second of load. */
export const VOLUME_THRESHOLD = 5
export const ERROR_THRESHOLD_PERCENTAGE = 50
export const ROLLING_COUNT_TIMEOUT_MS = 10_000
/** How long an open breaker waits for its next probe: short beside the grace of 30 s, long beside one call. */
export const RESET_TIMEOUT_MS = 2_000

const WINDOW_BUCKETS = 10

const DEFAULTS: BreakerSettings = {
  volumeThreshold: VOLUME_THRESHOLD,
  errorThresholdPercentage: ERROR_THRESHOLD_PERCENTAGE,
  rollingCountTimeoutMs: ROLLING_COUNT_TIMEOUT_MS,
  resetTimeoutMs: RESET_TIMEOUT_MS,
}

/**
 * The breaker of one operator: opossum keeps the state and the statistics, and only a call's result is reported to
 * opossum. Added here: a half-open breaker admits one probe at a time, and a result from an earlier state is ignored
 * (to opossum, a success of a call that began before it opened would close a half-open breaker).
 */
export class Breaker {
  readonly #circuit: CircuitBreaker<[boolean], void>
  readonly #windows = new EventEmitter()
  readonly #rotation: NodeJS.Timeout
  readonly #listeners = new Set<(state: BreakerState) => void>()
  /** Grows with every change of state; a ticket is good only for the state it was given in. */
  #generation = 0
  #probing = false
  /** Monotonic; since it was closed last, probes included. */
  #openSinceMs: number | undefined
  #shut = false
  #held = false

  constructor(settings: Partial<BreakerSettings> = {}) {
    const { volumeThreshold, errorThresholdPercentage, rollingCountTimeoutMs, resetTimeoutMs } = {
      ...DEFAULTS,
      ...settings,
    }
    this.#circuit = new CircuitBreaker<[boolean], void>(replay, {
      timeout: false,
      volumeThreshold,
      errorThresholdPercentage,
      resetTimeout: resetTimeoutMs,
      rollingCountTimeout: rollingCountTimeoutMs,
      rollingCountBuckets: WINDOW_BUCKETS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#windows,
    })
    this.#rotation = setInterval(() => this.#windows.emit('rotate'), rollingCountTimeoutMs / WINDOW_BUCKETS)
    this.#rotation.unref()
    this.#circuit.on('open', () => this.#changed())
    this.#circuit.on('halfOpen', () => this.#changed())
    this.#circuit.on('close', () => {
      this.#forgetWindow()
      this.#changed()
    })
  }

  state(): BreakerState {
    if (this.#circuit.closed) return 'closed'
    return this.#circuit.halfOpen ? 'half-open' : 'open'
  }

  /** @returns how long it has not been closed, through all probes that failed; null while it is closed. */
  openForMs(): number | null {
    return this.#openSinceMs === undefined ? null : performance.now() - this.#openSinceMs
  }

  isAdmitting(): boolean {
    if (this.#shut || this.#held) return false
    return this.#circuit.closed || (this.#circuit.halfOpen && !this.#probing)
  }

  /** Whether it admits calls now, or the next one when a probe's result is known. */
  isAvailable(): boolean {
    return !this.#shut && !this.#held && !this.#circuit.opened
  }

  /** @returns a ticket for one call, or undefined: then no call may be made. */
  admit(): Ticket | undefined {
    if (!this.isAdmitting()) return undefined
    const probe = this.#circuit.halfOpen
    if (probe) this.#probing = true
    return { probe, generation: this.#generation }
  }

  /**
   * Counts one call; when the promise resolves, the state is the one that follows from it. A ticket from before the
   * last change of state is ignored.
   */
  async record(ticket: Ticket, operatorFailed: boolean): Promise<void> {
    if (ticket.generation !== this.#generation) return
    await this.#circuit.fire(operatorFailed).catch(() => {
      // The rejection is the failure that was just counted, not news.
    })
  }

  /** Calls `listener` after each change of state, until the returned function is called. */
  onChange(listener: (state: BreakerState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** While its operator is paused or drained it admits nothing, and keeps the state that its calls brought it to. */
  hold(isHeld: boolean): void {
    this.#held = isHeld
  }

  /** Stops every timer. A closed-down breaker admits nothing. */
  close(): void {
    this.#shut = true
    this.#generation++
    this.#listeners.clear()
    clearInterval(this.#rotation)
    this.#circuit.shutdown()
  }

  #changed(): void {
    this.#generation++
    this.#probing = false
    const state = this.state()
    this.#openSinceMs = state === 'closed' ? undefined : (this.#openSinceMs ?? performance.now())
    for (const listener of [...this.#listeners]) listener(state)
  }

  /** A recovered operator starts anew: else its old failures would open the breaker again at the next failure. */
  #forgetWindow(): void {
    for (let bucket = 0; bucket < WINDOW_BUCKETS; bucket++) this.#windows.emit('rotate')
  }
}

function replay(operatorFailed: boolean): Promise<void> {
  return operatorFailed ? Promise.reject(new Error('the operator failed')) : Promise.resolve()
}
