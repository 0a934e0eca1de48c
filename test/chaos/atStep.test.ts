import assert from 'node:assert/strict'
import { join } from 'node:path'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import type { Program } from '../../dev/stack/programs.ts'
import { get, send, topUp } from '../support/api.ts'
import type { HistoryBody } from '../support/api.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'

const preload = (name: string) => `--import=${join(CHECKOUT, 'chaos/preload', name)}`

describe('a process that is to die at a step', () => {
  let stack: Stack
  let engine: Program | undefined
  beforeEach(async () => {
    stack = await freshStack()
    await freshSimulators()
  })
  afterEach(async () => {
    await engine?.kill()
    await stack.drop()
  })

  it('dies there at the wanted time, by SIGKILL, and not before', async () => {
    engine = await startEngineProcess(stack, {
      role: 'api',
      env: {
        NODE_OPTIONS: preload('atStep.ts'),
        CHAOS_STEP: 'messages.accept committed',
        CHAOS_TIMES: '2',
      },
    })
    await topUp(engine.url, 1, 10)
    await send(engine.url, { customer_id: 1, recipients: ['0912001'] })
    await assert.rejects(send(engine.url, { customer_id: 1, recipients: ['0912002'] }))
    await eventually('it is gone', () => engine?.exit() !== undefined)
    assert.deepEqual(engine.exit(), { code: null, signal: 'SIGKILL' })
    assert.match(engine.output(), /"chaos":"kill","step":"messages\.accept committed"/)
    engine = await startEngineProcess(stack, { role: 'api' })
    const { body } = await get<HistoryBody>(engine.url, '/sms/history?user_id=1')
    assert.equal(body.history.length, 2, 'what was committed is there, though its answer never came')
  })

  it('serves with a clock that is wrong', async () => {
    engine = await startEngineProcess(stack, {
      env: { NODE_OPTIONS: preload('shiftedClock.ts'), CHAOS_CLOCK_OFFSET_MS: String(-5 * 3_600_000) },
    })
    const { url } = engine
    await topUp(url, 1, 10)
    await send(url, { customer_id: 1, recipients: ['0912001'] })
    await eventually('it is done', async () => {
      const { body } = await get<HistoryBody>(url, '/sms/history?user_id=1&status=done')
      return body.history.length === 1
    })
    const line = engine
      .output()
      .split('\n')
      .find((each) => each.includes('"timestamp"') || each.includes('"time"'))
    const said = /"(?:timestamp|time)":"([^"]+)"/.exec(line ?? '')?.[1]
    assert.ok(Math.abs(Date.now() - Date.parse(said ?? '')) > 4 * 3_600_000, `its log says ${said}`)
  })
})
