import { join } from 'node:path'
import { VERSION } from '../src/platform/version.ts'
import { answerHelp } from './commands/help.ts'
import { openPage } from './demo/page.ts'
import { DEMO_FOLDER, LOGS_FOLDER, setStage, wipe } from './demo/stage.ts'
import { tellStory } from './demo/story.ts'
import { createStopList } from './processes/stopList.ts'
import { onInterrupt } from './processes/onInterrupt.ts'
import { killStarted } from './processes/watchdog.ts'
import { withLock } from './stack/lock.ts'

// make demo: the path of a message on private servers, shown by the answers of the running system. Nothing is left
// running, however it ends.

answerHelp('demo')
const stopList = createStopList()
const interrupts = onInterrupt(() => stopList.stopAll())
const page = openPage()
let hasBegun = false

try {
  await withLock(join(DEMO_FOLDER, 'lock'), demonstrate)
} catch (error) {
  if (!interrupts.happened()) await giveUp(error)
}

async function demonstrate(): Promise<void> {
  const startMs = performance.now()
  hasBegun = true
  await wipe()
  console.log(`Chapar ${VERSION}: the path of a message, on real servers`)
  page.step('A database, a broker, three operators and the engine')
  const { stage, isGiven, fallback } = await setStage(process.env, page, stopList)
  await tellStory(stage, page)
  await stopList.stopAll()
  await wipe()
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(0)
  page.heading(`Every step succeeded, and everything is stopped (${seconds} s). Next steps:`)
  for (const line of goingOn(isGiven, stage.customerId)) page.say(line)
  if (fallback !== undefined) page.heading(fallback)
}

function goingOn(isGiven: boolean, customerId: number): string[] {
  return [
    ...(isGiven
      ? [`customer ${customerId} and its messages stay in your database, the queues in your broker`]
      : []),
    'make up        start the engine at http://127.0.0.1:8080; customer 1 has 1,000',
    '  then open    http://127.0.0.1:8080/swagger/index.html   try every route',
    '               http://127.0.0.1:8080/metrics              metrics for Prometheus',
    "  or send      curl -H 'content-type: application/json' http://127.0.0.1:8080/sms/send \\",
    `                 -d '{"customer_id":1,"text":"hi","recipients":["09128582812"],"type":"express"}'`,
    'make loadtest  run a load test; "make audit" proves the books; "make down" stops it',
    'make test      run the tests on real servers',
  ]
}

async function giveUp(error: unknown): Promise<void> {
  await stopList.stopAll().catch((fault: unknown) => console.error(fault))
  await killStarted()
  console.error(`\nmake demo: ${error instanceof Error ? error.message : String(error)}`)
  if (hasBegun) console.error(`the logs are in ${LOGS_FOLDER}`)
  process.exit(1)
}
