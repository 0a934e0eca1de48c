import { answerHelp } from './commands/help.ts'
import { createStopList } from './processes/stopList.ts'
import { onInterrupt } from './processes/onInterrupt.ts'
import { killStarted, releaseStarted } from './processes/watchdog.ts'
import { waitUntil } from './processes/waitUntil.ts'
import { isPortFree, nextFreePort } from './servers/ports.ts'
import { printProgress } from './servers/printProgress.ts'
import { alreadyUp } from './stack/alreadyUp.ts'
import { bringUp } from './stack/bringUp.ts'
import { describeStack } from './stack/describeStack.ts'
import { withLock } from './stack/lock.ts'
import { isRunning, LOCK_FILE, readState, writeState, type StackState } from './stack/state.ts'
import { takeDown } from './stack/takeDown.ts'

// make up: the whole stack, left running. Returns when it is ready; says so when it already is.

const PORT_DEFAULT = 8080
const PORT_MAX = 65_535
const READY_TIMEOUT_MS = 30_000

answerHelp('up')
const say = (line: string) => console.log(line)
const stopList = createStopList()
const interrupts = onInterrupt(() => stopList.stopAll())

try {
  await withLock(LOCK_FILE, up)
  interrupts.ignore()
} catch (error) {
  if (!interrupts.happened()) await giveUp(error)
}

async function giveUp(error: unknown): Promise<void> {
  await stopList.stopAll().catch((fault: unknown) => console.error(fault))
  await killStarted()
  console.error(`make up: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}

async function up(): Promise<void> {
  const before = await readState()
  if (before?.parts.every(isRunning)) {
    refuseOtherPort(before)
    await waitUntilReady(before)
    describeStack(before).forEach(say)
    alreadyUp(process.env, before).forEach(say)
    return
  }
  if (before) {
    const stopped = await takeDown(say)
    if (stopped.length > 0) say('a part of the stack had ended; the rest was stopped for a fresh start')
  }
  const port = readPort(process.env)
  if (!(await isPortFree(port))) {
    throw new Error(
      `port ${port} is in use; choose another one: PORT=${await nextFreePort(port + 1)} make up`,
    )
  }
  const state = await bringUp({ env: process.env, port, onProgress: printProgress() }, stopList)
  await writeState(state)
  await releaseStarted()
  say('Chapar is up; "make down" stops it and keeps its data')
  describeStack(state).forEach(say)
}

/** A running stack keeps its port: saying 'up' for another one would mislead. */
function refuseOtherPort({ apiUrl }: StackState): void {
  const asked = process.env['PORT']
  if (asked !== undefined && asked !== new URL(apiUrl).port) {
    throw new Error(`already up at ${apiUrl}: run "make down" first to use port ${asked}`)
  }
}

/** A running stack may be waiting for a server that is unavailable. */
async function waitUntilReady({ apiUrl }: StackState): Promise<void> {
  const isReady = () =>
    fetch(`${apiUrl}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  await waitUntil(isReady, { what: `${apiUrl}/readyz to answer 200`, timeoutMs: READY_TIMEOUT_MS })
}

function readPort(env: NodeJS.ProcessEnv): number {
  const text = env['PORT'] || /:([0-9]+)$/.exec(env['LISTEN_ADDR'] ?? '')?.[1] || String(PORT_DEFAULT)
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= PORT_MAX) return port
  throw new Error(`PORT must be a number from 1 to ${PORT_MAX}, not "${text}"`)
}
