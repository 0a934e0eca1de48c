import type { Answer } from '../src/operators/http/protocol.ts'
import type { Submission } from '../src/operators/contract.ts'
import { behaviourSchema, callRates, GOOD_BEHAVIOUR, LATENCY_MS_MAX } from './behaviour.ts'
import type { Behaviour, CorruptResponseKind, Mishap } from './behaviour.ts'
import { createCallLimit } from './callLimit.ts'
import type { CallLimit } from './callLimit.ts'
import { seededRandom } from './random.ts'
import type { Random } from './random.ts'
import { SubmissionRecord } from './record.ts'

/** What the simulator does with a call, and what it came from. */
export type Reaction =
  | { kind: 'answer'; latencyMs: number; answers: Answer[] }
  | { kind: 'corrupt-response'; latencyMs: number; answers: Answer[]; how: CorruptResponseKind }
  | { kind: 'refuse'; latencyMs: number; status: number; reason: string; retryAfter: string | null }
  | { kind: 'drop'; latencyMs: number }
  | { kind: 'hang' }

type Fate = 'answered' | 'outage' | 'over-limit' | 'poison' | Mishap

/** The simulated operator without its HTTP: how it behaves, its sequence of chances, and what it took. */
export class SimulatedOperator {
  readonly name: string
  readonly record: SubmissionRecord
  #behaviour: Behaviour
  #random: Random
  #fates: Partial<Record<Fate, number>> = {}
  #rejectedDigits = new Set<string>()
  #accepted = 0
  #limit: CallLimit | undefined

  constructor(name: string, seed: number, referencesMax: number) {
    this.name = name
    this.record = new SubmissionRecord(referencesMax)
    this.#behaviour = { ...GOOD_BEHAVIOUR, seed }
    this.#random = seededRandom(seed)
  }

  get behaviour(): Behaviour {
    return this.#behaviour
  }

  /** How many calls ended in which way. */
  get calls(): Partial<Record<Fate, number>> {
    return this.#fates
  }

  forget(): void {
    this.record.clear()
    this.#fates = {}
  }

  /** Takes the changes over `base` and returns undefined, or returns what is wrong with them and changes nothing. */
  behave(base: Partial<Behaviour>, changes: unknown): string[] | undefined {
    if (typeof changes !== 'object' || changes === null || Array.isArray(changes))
      return ['an object is needed']
    const parsed = behaviourSchema.safeParse({ ...base, ...changes })
    if (!parsed.success) {
      return parsed.error.issues.map(({ path, message }) =>
        [path.join('.'), message].filter(Boolean).join(': '),
      )
    }
    this.#behaviour = parsed.data
    this.#rejectedDigits = new Set(parsed.data.rejectedNumbers.map(digitsOf))
    const { callsPerSecondMax } = parsed.data
    if ('callsPerSecondMax' in changes || callsPerSecondMax === null)
      this.#limit = callsPerSecondMax === null ? undefined : createCallLimit(callsPerSecondMax)
    if ('seed' in changes) this.#random = seededRandom(parsed.data.seed)
    return undefined
  }

  /** Decides what becomes of a call, and writes it down: what is taken is taken now, whether or not it is answered. */
  react(call: Submission[]): Reaction {
    const fate = this.#fateOf(call)
    this.#fates[fate] = (this.#fates[fate] ?? 0) + 1
    const latencyMs = fate === 'outage' ? 0 : this.#latencyMs()
    switch (fate) {
      case 'outage':
        this.#refuse(call, fate)
        if (this.#behaviour.outage === 'drop') return { kind: 'drop', latencyMs }
        return this.#refusal(latencyMs, 503, 'out of service')
      case 'over-limit':
        this.#refuse(call, fate)
        return this.#refusal(latencyMs, 429, 'too many calls')
      case 'poison':
        this.#refuse(call, fate)
        return this.#refusal(latencyMs, this.#poisonIn(call) ?? 500, 'cannot process')
      case 'fail':
        this.#refuse(call, fate)
        return this.#refusal(latencyMs, this.#behaviour.failStatus, 'internal fault')
      case 'throttle':
        this.#refuse(call, fate)
        return this.#refusal(latencyMs, 429, 'too fast')
      case 'drop-before':
        this.#refuse(call, fate)
        return { kind: 'drop', latencyMs }
      case 'drop-after':
        this.#take(call, fate)
        return { kind: 'drop', latencyMs }
      case 'hang-before':
        this.#refuse(call, fate)
        return { kind: 'hang' }
      case 'hang-after':
        this.#take(call, fate)
        return { kind: 'hang' }
      case 'corrupt-response':
        return {
          kind: 'corrupt-response',
          latencyMs,
          answers: this.#take(call, fate),
          how: this.#behaviour.corruptResponseKind,
        }
      case 'answered':
        return { kind: 'answer', latencyMs, answers: this.#take(call) }
    }
  }

  #fateOf(call: Submission[]): Fate {
    if (this.#behaviour.outage !== 'none') return 'outage'
    if (this.#limit && !this.#limit.admits()) return 'over-limit'
    if (this.#poisonIn(call)) return 'poison'
    let chance = this.#random()
    for (const [mishap, rate] of callRates(this.#behaviour)) {
      if (chance < rate) return mishap
      chance -= rate
    }
    return 'answered'
  }

  #poisonIn(call: Submission[]): 400 | 500 | undefined {
    const { poisonTexts } = this.#behaviour
    if (poisonTexts.length === 0) return undefined
    return poisonTexts.find((poison) => call.some(({ text }) => text.includes(poison.text)))?.status
  }

  #latencyMs(): number {
    const { latency } = this.#behaviour
    switch (latency.kind) {
      case 'fixed':
        return latency.ms
      case 'uniform':
        return latency.minMs + this.#random() * (latency.maxMs - latency.minMs)
      case 'lognormal': {
        const radius = Math.sqrt(-2 * Math.log(1 - this.#random()))
        const normal = radius * Math.cos(2 * Math.PI * this.#random())
        return Math.min(LATENCY_MS_MAX, latency.medianMs * Math.exp(latency.sigma * normal))
      }
    }
  }

  /** Each message's own verdict. A fate of the whole call stands in the record in place of 'accepted'. */
  #take(call: Submission[], fate?: Fate): Answer[] {
    return call.map(({ reference, to }) => {
      const answer = this.#answerTo(reference, to)
      const taken = answer.status === 'accepted'
      this.record.note(reference, to, taken && fate ? fate : answer.status, taken)
      return answer
    })
  }

  #answerTo(reference: string, to: string): Answer {
    // One chance a message whatever its number, so that a longer list of numbers does not shift the sequence.
    const chance = this.#random()
    const { rejectRate, unavailableRate } = this.#behaviour
    if (this.#rejectedDigits.has(digitsOf(to)))
      return { reference, status: 'rejected', reason: 'unknown number' }
    if (chance < rejectRate) return { reference, status: 'rejected', reason: 'refused' }
    if (chance < rejectRate + unavailableRate)
      return { reference, status: 'unavailable', reason: 'try later' }
    return { reference, status: 'accepted', message_id: `${this.name}-${(++this.#accepted).toString(36)}` }
  }

  #refusal(latencyMs: number, status: number, reason: string): Reaction {
    const { retryAfter } = this.#behaviour
    return { kind: 'refuse', latencyMs, status, reason, retryAfter }
  }

  #refuse(call: Submission[], fate: Fate): void {
    for (const { reference, to } of call) this.record.note(reference, to, fate, false)
  }
}

function digitsOf(number: string): string {
  return number.startsWith('+') ? number.slice(1) : number
}
