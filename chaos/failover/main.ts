// make failover: a group of MySQL servers and a cluster of RabbitMQ nodes that lose members under a steady load, and how
// even two processes of each role share the work. See options.ts for what can be said.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { onInterrupt } from '../../dev/processes/onInterrupt.ts'
import { createStopList } from '../../dev/processes/stopList.ts'
import { killStarted } from '../../dev/processes/watchdog.ts'
import { CHECKOUT, LOCAL } from '../../dev/stack/folders.ts'
import { withLock } from '../../dev/stack/lock.ts'
import { describeResult, findingsOf } from './describeResult.ts'
import { readOptions } from './options.ts'
import type { FailoverOptions, ScenarioName } from './options.ts'
import { runScenario } from './runScenario.ts'

const FOLDER = join(LOCAL, 'failover')
const stopList = createStopList()
const interrupts = onInterrupt(() => stopList.stopAll())
const startedAtMs = performance.now()

try {
  const options = readOptions(process.argv.slice(2), process.env)
  await withLock(join(FOLDER, 'lock'), () => failover(options))
} catch (error) {
  if (!interrupts.happened()) await giveUp(error)
}

async function failover(options: FailoverOptions): Promise<void> {
  let wrong = 0
  for (const name of options.only) wrong += await runOne(name, options)
  console.log(wrong === 0 ? 'failover: nothing lost, nothing charged twice' : `failover: findings: ${wrong}`)
  process.exitCode = wrong > 0 ? 1 : 0
}

/** @returns how much was found. */
async function runOne(name: ScenarioName, options: FailoverOptions): Promise<number> {
  const folder = join(FOLDER, name)
  const say = (line: string) => {
    if (!interrupts.happened())
      console.log(`[${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s] ${name}: ${line}`)
  }
  const result = await runScenario(name, options, { folder, stopList, say })
  await stopList.stopAll()
  const described = describeResult(result)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'result.md'), `${described.join('\n')}\n`)
  await writeFile(join(folder, 'result.json'), JSON.stringify(result, null, 2))
  console.log(`\n${described.join('\n')}`)
  const wrong = findingsOf(result)
  for (const line of wrong) console.log(line)
  if (wrong.length === 0 && !options.keeps) await rm(join(folder, 'data'), { recursive: true, force: true })
  else console.log(`logs and data in ${relative(CHECKOUT, folder)}`)
  return wrong.length
}

async function giveUp(error: unknown): Promise<void> {
  await stopList.stopAll().catch((fault: unknown) => console.error(fault))
  await killStarted()
  console.error(`failover: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
