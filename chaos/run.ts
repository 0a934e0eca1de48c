import { ask } from './clients/ask.ts'
import { offer } from './clients/offer.ts'
import { noteAnswer, openRecord } from './clients/record.ts'
import type { ClientRecord, ToppedUp } from './clients/record.ts'
import { drain } from './drain.ts'
import { FAULTS } from './faults/catalogue.ts'
import type { World } from './faults/fault.ts'
import { planFaults } from './faults/plan.ts'
import { recoverFromEach } from './recovery.ts'
import type { Recovery } from './recovery.ts'
import type { ChaosOptions } from './options.ts'
import { prove } from './proof/prove.ts'
import type { Proof } from './proof/prove.ts'
import { chaosRun } from './chaosRun.ts'
import { openProber } from './probe.ts'
import type { Prober } from './probe.ts'
import { openRandom } from './random.ts'
import type { EngineProcesses } from './stage/engineProcesses.ts'
import { startEngineProcesses } from './stage/engineProcesses.ts'
import type { Stage } from './stage/stage.ts'
import { openTally } from './tally.ts'
import type { Tally } from './tally.ts'
import { upgrade } from './upgrade.ts'
import { untilHealthy } from './untilHealthy.ts'

export interface Ran {
  tally: Tally
  record: ClientRecord
  proof: Proof
  recoveries: Recovery[]
}

/** Some are rich, some spend all they have. */
const CUSTOMERS = Array.from({ length: 60 }, (_, index) => index + 1)
const moneyOf = (customer: number) => (customer % 5 === 0 ? 300 : 1_000_000)
/** The customer whose messages probe health. */
const PROBER = 101
const FIRST_MONEY = new Map([...CUSTOMERS, PROBER].map((customer) => [customer, moneyOf(customer)]))
const START_TIMEOUT_MS = 60_000
/** While one fault is tried alone: enough that it meets messages. */
const CALM_CLIENTS = 4

export interface RunEvents {
  onProcesses: (processes: EngineProcesses) => void
  say: (line: string) => void
}

/** Offers load, lets faults overlap and end, then tries each fault alone; and proves. */
export async function run(
  stage: Stage,
  options: ChaosOptions,
  { onProcesses, say }: RunEvents,
): Promise<Ran> {
  const { seed, durationMs, intensity, isWhole, isUpgradeOnly } = options
  const record = openRecord()
  const tally = openTally(say)
  const random = openRandom(seed)
  const processes = await startEngineProcesses(
    stage,
    random,
    {
      onDeath: (death) => tally.noteDeath(death),
      onFreeze: (death) => tally.noteFreeze(death),
      onShift: (role) => tally.noteShift(role),
      onFault: (line) => tally.noteProblem(line),
    },
    { hasFaults: !isUpgradeOnly },
  )
  onProcesses(processes)
  const world = { stage, processes }
  const prober = openProber(PROBER, record, stage.db)
  say('starting the engine: two processes of each role')
  await fund(processes, record)
  if (!(await untilHealthy(world, prober, START_TIMEOUT_MS)))
    throw new Error('the engine did not become ready')

  const offering = offer({ apiUrls: processes.apiUrls, customers: CUSTOMERS, seed, record })
  await Promise.all([
    chaosRun(world, isUpgradeOnly ? [] : planFaults(seed, durationMs, intensity), tally, say),
    upgrade(processes, stage.servers.databaseUrl, { durationMs, tally, say }),
  ])
  await offering.stop()
  say('the faults are over')
  await settleDown(world, prober, tally, say)
  // Processes that are still to die at a step are replaced; one that hung would have shown by now.
  await Promise.all(processes.all.map((each) => each.renew()))

  const alone = FAULTS.filter(({ isSample = false }) => !isUpgradeOnly && (isWhole || isSample))
  const calm = offer({
    apiUrls: processes.apiUrls,
    customers: CUSTOMERS,
    seed,
    record,
    clients: CALM_CLIENTS,
  })
  const recoveries = await recoverFromEach(world, alone, prober, { tally, seed, say })
  await calm.stop()
  await settleDown(world, prober, tally, say)
  await processes.close()
  const proof = await prove(stage.db, { operators: stage.operators, record, firstMoney: FIRST_MONEY }, say)
  return { tally, record, proof, recoveries }
}

/** Waits until the system has recovered unaided and every accepted message has finished. */
async function settleDown(
  world: World,
  prober: Prober,
  tally: Tally,
  say: (line: string) => void,
): Promise<void> {
  if (!(await untilHealthy(world, prober, START_TIMEOUT_MS)))
    tally.noteProblem('not everything was healthy in time')
  const open = await drain(world.stage.db, say)
  if (open > 0) tally.noteProblem(`${open} outbox rows were not settled in time`)
}

async function fund({ apiUrls: [url = ''] }: EngineProcesses, record: ClientRecord): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  for (const [customer, amount] of FIRST_MONEY) {
    for (let time = 0; ; time++) {
      if (performance.now() > deadlineMs) throw new Error('the customers could not be given their money')
      const mark = `first money of ${customer}.${time}`
      const toppedUp: ToppedUp = { mark, customer, amount, answered: 'unknown' }
      record.toppedUp.push(toppedUp)
      const description = `[${mark}] top-up`
      const { answered, label } = await ask(`${url}/balance/add`, {
        user_id: customer,
        balance: amount,
        description,
      })
      noteAnswer(record, label)
      toppedUp.answered = answered
      if (answered === 'accepted') break
    }
  }
}
