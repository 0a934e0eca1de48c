import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createLifecycle } from '../../src/platform/lifecycle.ts'
import type { Lifecycle } from '../../src/platform/lifecycle.ts'
import type { LogLevel } from '../../src/platform/telemetry/index.ts'
import { loadConfig } from '../../src/roles/config.ts'
import { startEngine } from '../../src/roles/engine.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { send, topUp } from '../support/api.ts'
import type { Accepted } from '../support/api.ts'
import { drain, engineEnv } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/memoryLog.ts'
import type { MemoryLog } from '../support/memoryLog.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'
import { startHttpOperator } from './httpOperator.ts'
import type { HttpOperator } from './httpOperator.ts'

const CUSTOMER = 4_711
const TEXT = 'Der Treffpunkt bleibt die alte Linde am Fluss'
/** Every shape that is served: long, short, with a plus, with leading zeros. */
const NUMBERS = [
  '09128582812',
  '091285284834',
  '+4915112345678',
  '7070717',
  '0049301234567',
  '123456789012345',
]
const REJECTED = '+4915112345678'
const UNHEARD = '0049301234567'

for (const level of ['info', 'debug'] as LogLevel[]) {
  describe(`the log at the level ${level}`, () => {
    let stack: Stack
    let log: MemoryLog
    let lifecycle: Lifecycle
    let url: string
    let a: SimulatorProcess
    let b: SimulatorProcess
    let quoting: HttpOperator
    const accepted: Accepted[] = []

    before(async () => {
      log = memoryLog(level)
      stack = await freshStack()
      ;[a, b] = await freshSimulators()
      // Operators quote what they refuse.
      quoting = await startHttpOperator((messages) =>
        messages.map(({ reference, to, text }) => ({
          reference,
          status: to === REJECTED ? 'rejected' : 'unavailable',
          reason: `number ${to} with '${text}' is not served`,
        })),
      )
      await a.admin.behave({ outage: 'http503' })
      await b.admin.behave({
        corruptResponseRate: 1,
        corruptResponseKind: 'not-json',
        statusRoute: 'missing',
      })
      await start(quoting.url, b.url, '1')
      await topUp(url, CUSTOMER, 1_000)
      accepted.push(await sendOff('normal'), await sendOff('express'))
      await badRequests()
      await drain(stack.db)
      await lifecycle.close()
      // And once more with operators that work, that are away, and that cannot be reached.
      await b.admin.behave({})
      await start(a.url, b.url, '1000')
      accepted.push(await sendOff('normal'), await sendOff('express'))
      await drain(stack.db)
    })
    after(async () => {
      await lifecycle.close()
      await quoting.close()
      await stack.drop()
    })

    const start = async (urlOfA: string, urlOfB: string, attempts: string) => {
      const config = loadConfig(
        engineEnv(stack, urlOfA, urlOfB, {
          MAX_ATTEMPTS: attempts,
          RETRY_EXPRESS_MAX_ATTEMPTS: attempts,
          ON_UNKNOWN: 'retry',
        }),
      )
      lifecycle = createLifecycle({
        logger: log.logger,
        deadlineMs: config.shutdownDeadlineMs,
        host: { on: () => {}, exit: () => {} },
      })
      ;({ url } = await startEngine(config, log.logger, lifecycle))
      await eventually('the engine is ready', async () => (await fetch(`${url}/readyz`)).ok)
    }
    const sendOff = (type: 'normal' | 'express') =>
      send(url, { customer_id: CUSTOMER, text: `${TEXT}, ${type}`, recipients: NUMBERS, type })
    const badRequests = async () => {
      const bodies = [
        JSON.stringify({
          customer_id: CUSTOMER,
          text: TEXT,
          recipients: [UNHEARD, 'x' + UNHEARD],
          type: 'normal',
        }),
        JSON.stringify({ customer_id: CUSTOMER, text: TEXT, recipients: NUMBERS, type: TEXT }),
        JSON.stringify({ customer_id: 1, text: TEXT, recipients: NUMBERS, type: 'normal' }),
        `{"text":"${TEXT}","recipients":["${UNHEARD}"`,
      ]
      for (const body of bodies) {
        const { status } = await fetch(`${url}/sms/send`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-request-id': randomUUID() },
          body,
        })
        assert.ok(status === 400 || status === 402, `was ${status}`)
      }
      await fetch(
        `${url}/sms/history?user_id=${CUSTOMER}&recipient=${UNHEARD}&text=${encodeURIComponent(TEXT)}`,
      )
      await fetch(`${url}/${UNHEARD}/${encodeURIComponent(TEXT)}`)
    }

    it('holds no text', () => {
      assert.ok(!log.text().includes(TEXT), linesWith(TEXT))
      assert.ok(!log.text().includes(encodeURIComponent(TEXT)), linesWith(encodeURIComponent(TEXT)))
    })

    it('holds no full number', () => {
      for (const number of NUMBERS) {
        const digits = number.replace('+', '')
        assert.ok(!log.text().includes(digits), linesWith(digits))
      }
    })

    it('names the request, the customer and the message of each send', () => {
      const requests = log.lines().filter((line) => line['route'] === '/sms/send' && line['status'] === 200)
      assert.deepEqual(
        requests.map((line) => line['sms_identifier']),
        accepted.map(({ sms_identifier }) => sms_identifier),
      )
      for (const line of requests) {
        assert.equal(line['customer_id'], CUSTOMER)
        assert.match(String(line['request_id']), /^[A-Za-z0-9._-]{1,64}$/)
      }
    })

    it('names the customer and the message of each failure, and in our words what it failed of', () => {
      const failed = log.lines().filter((line) => line['message'] === 'failed and refunded')
      const known = accepted.slice(0, 2).map(({ sms_identifier }) => sms_identifier)
      // At info those of one reason share a line a minute; at debug each has its own.
      if (level === 'debug') assert.equal(failed.length, 2 * NUMBERS.length)
      else assert.ok(failed.length > 0 && failed.length <= 2 * NUMBERS.length)
      for (const line of failed) {
        assert.equal(line['customer_id'], CUSTOMER)
        assert.ok(known.includes(String(line['sms_identifier'])))
        const isRejected = line['recipient_no'] === NUMBERS.indexOf(REJECTED) + 1
        assert.equal(line['reason'] === 'rejected', isRejected)
        assert.match(String(line['reason']), /^(rejected|no operator (took|confirmed) it)$/)
      }
    })

    const linesWith = (needle: string) =>
      log
        .text()
        .split('\n')
        .filter((line) => line.includes(needle))
        .join('\n')
  })
}
