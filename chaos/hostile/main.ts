// make hostile: sends thousands of invalid or hostile requests to a private engine and checks the balances. Exit code
// 1, the seed and the first offending requests when an invariant was violated. No process is left running.
import { createStopList } from '../../dev/processes/stopList.ts'
import { onInterrupt } from '../../dev/processes/onInterrupt.ts'
import { killStarted } from '../../dev/processes/watchdog.ts'
import { withLock } from '../../dev/stack/lock.ts'
import { openBook } from './book.ts'
import { giveKeys } from './giveKeys.ts'
import { pinPrices } from './pinPrices.ts'
import { conclude } from './conclude.ts'
import { gatherCrowd } from './crowd.ts'
import { describeFindings, describeOffences, describePlan } from './describe.ts'
import { drawPlan } from './drawPlan.ts'
import { exchange } from './exchange.ts'
import { judgeMemory, watchMemory } from './memory.ts'
import { readOptions } from './options.ts'
import type { HostileOptions } from './options.ts'
import { run } from './run.ts'
import { HOSTILE_FOLDER, setStage, wipe } from './stage.ts'
import { openTally } from './tally.ts'
import { verdictOf } from './verdict.ts'
import { makeWorld } from './world.ts'

const REPORT_MS = 1_000
/** Outside the folder, which is emptied. */
const LOCK_FILE = `${HOSTILE_FOLDER}.lock`

const stopList = createStopList()
const interrupts = onInterrupt(() => stopList.stopAll())
const say = (line: string) => console.log(line)

try {
  const options = readOptions(process.argv.slice(2), process.env)
  await withLock(LOCK_FILE, () => attack(options))
} catch (error) {
  if (!interrupts.happened()) {
    await stopList.stopAll().catch((fault: unknown) => console.error(fault))
    await killStarted()
    console.error(`make hostile: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 2
  }
}
interrupts.ignore()

async function attack({ count, seed, only }: HostileOptions): Promise<void> {
  await wipe()
  const { engine, databaseUrl } = await setStage(process.env, say, stopList)
  const book = openBook()
  const world = await makeWorld(engine.url, book, await giveKeys(databaseUrl))
  await pinPrices(databaseUrl, world)
  const target = { host: '127.0.0.1', port: engine.port }
  if (only !== undefined) {
    const plan = drawPlan(seed, only, world)
    for (const line of describePlan(plan)) say(line)
    const { answers, end } = await exchange(target, plan)
    for (const { status, body } of answers) say(`answered ${status} ${body.slice(0, 500)}`)
    say(end)
    await stopList.stopAll()
    return
  }

  say(`${count} requests of seed ${seed}`)
  const tally = openTally()
  const memory = watchMemory(engine.pid)
  const startMs = performance.now()
  const seconds = () => ((performance.now() - startMs) / 1_000).toFixed(0)
  const report = setInterval(() => {
    const rss = memory.mib.at(-1)?.toFixed(0) ?? '?'
    say(
      `${seconds().padStart(5)} s  ${tally.done} of ${count} requests, ${tally.offenders} offending, ${rss} MiB`,
    )
  }, REPORT_MS)
  const attacks = [run({ target, world, seed, count }, book, tally), gatherCrowd(target)] as const
  const [, crowd] = await Promise.all(attacks).finally(() => {
    clearInterval(report)
    memory.stop()
  })
  const lasted = seconds()

  const { customers } = world
  const ended = await conclude({ databaseUrl, engineUrl: engine.url, customers, book }, say)
  const findings = { tally, memory: judgeMemory(memory), ...ended }
  const faults = [...verdictOf(findings), ...crowd.faults]
  say('')
  for (const line of describeFindings(findings, crowd)) say(line)
  for (const line of describeOffences(seed, tally.offences)) say(line)
  say('')
  await stopList.stopAll()
  if (faults.length === 0) {
    say(`${tally.done} hostile requests in ${lasted} s, seed ${seed}: all invariants held`)
    await wipe()
    return
  }
  for (const fault of faults) console.error(fault)
  console.error(
    `make hostile: an invariant was violated; seed ${seed}; the logs and the database are in ${HOSTILE_FOLDER}`,
  )
  process.exitCode = 1
}
