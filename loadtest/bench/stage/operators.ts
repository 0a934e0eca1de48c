import { join } from 'node:path'
import type { StopList } from '../../../dev/processes/stopList.ts'
import { startSimulator } from '../../../dev/stack/programs.ts'
import type { Program } from '../../../dev/stack/programs.ts'

/** Two simulated operators that run for the whole benchmark. */
export interface Operators {
  urls: { a: string; b: string }
  pids(): number[]
  /** Messages accepted since the records were last emptied. */
  taken(): Promise<number>
  /** Replaces their behaviour by this one at the usual latency. */
  behave(behaviour: Record<string, unknown>): Promise<void>
  /** Empties their records for the next scenario. */
  forget(): Promise<void>
}

export const OPERATOR_LATENCY_MS = 20
/** Single-message calls need more concurrency than an operator usually allows. */
const CONNECTIONS_MAX = 2_000
/** Mostly only the count is needed. Remembering each message would cost half of the simulator's CPU time. */
const REFERENCES_MAX = 1
const USUAL = { latency: { kind: 'fixed', ms: OPERATOR_LATENCY_MS } }
const OPERATORS = [
  { name: 'operator-a', seed: 1 },
  { name: 'operator-b', seed: 2 },
]

/** Where an engine takes receipts. */
export interface ReceiptTarget {
  apiPort: number
  secret: string
}

/**
 * The simulators of a checkout, which know the protocol of its engine.
 * @param options receipts absent: they send none. referencesMax: how many messages each one's record remembers.
 */
export async function startOperators(
  logFolder: string,
  stopList: StopList,
  checkout: string,
  { receipts, referencesMax = REFERENCES_MAX }: { receipts?: ReceiptTarget; referencesMax?: number } = {},
): Promise<Operators> {
  const programs: Program[] = []
  for (const { name, seed } of OPERATORS) {
    const env = {
      ...{ CONNECTIONS_MAX: String(CONNECTIONS_MAX), REFERENCES_MAX: String(referencesMax) },
      ...(receipts && {
        RECEIPTS_URL: `http://127.0.0.1:${receipts.apiPort}/operators/${name}/receipts`,
        RECEIPTS_SECRET: receipts.secret,
      }),
    }
    const program = await startSimulator({
      name,
      seed,
      checkout,
      logFile: join(logFolder, `${name}.log`),
      env,
    })
    stopList.add(() => program.stop())
    await ask(program, 'PUT', '/admin/behaviour', USUAL)
    programs.push(program)
  }
  const [a, b] = programs
  if (!a || !b) throw new Error('an operator is missing')
  const takenBy = async (program: Program) => {
    const response = await ask(program, 'GET', '/admin/summary')
    return ((await response.json()) as { taken: number }).taken
  }
  return {
    urls: { a: a.url, b: b.url },
    pids: () => programs.flatMap((program) => program.processes().map(({ pid }) => pid)),
    taken: async () => (await takenBy(a)) + (await takenBy(b)),
    behave: async (behaviour) => {
      for (const program of programs)
        await ask(program, 'PUT', '/admin/behaviour', { ...USUAL, ...behaviour })
    },
    forget: async () => {
      for (const program of programs) await ask(program, 'DELETE', '/admin/submissions')
    },
  }
}

async function ask({ name, url }: Program, method: string, path: string, body?: unknown): Promise<Response> {
  const response = await fetch(url + path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${name} answers ${response.status} to ${method} ${path}`)
  return response
}
