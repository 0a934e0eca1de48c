import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { createLogger, LOG_LEVELS } from '../../../src/platform/telemetry/index.ts'
import { memoryLog } from '../../support/memoryLog.ts'

const NUMBER = '09128582812'
const TEXT = 'your code is 4711'

describe('a log line', () => {
  it('is one JSON object with time, level, message, service, version and its fields', () => {
    const { logger, lines } = memoryLog()
    logger.info('accepted', {
      customer_id: 1,
      cost: 3,
      sms_identifier: '88636fb2-dd01-42a4-a718-1fe200683a45',
    })
    const [line] = lines()
    assert.match(String(line?.['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual(
      { ...line, time: 0 },
      {
        time: 0,
        level: 'info',
        message: 'accepted',
        service: 'chapar',
        version: '0.0.0',
        customer_id: 1,
        cost: 3,
        sms_identifier: '88636fb2-dd01-42a4-a718-1fe200683a45',
      },
    )
  })

  it('names its process where several write to one place, and no field can take that name', () => {
    let written = ''
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString()
        done()
      },
    })
    const logger = createLogger({ level: 'info', service: 'chapar', version: '0.0.0', pid: 4_711, stream })
    logger.info('serving', { pid: 1 })
    assert.equal((JSON.parse(written) as { pid: number }).pid, 4_711)
  })

  it('is written from its level up', () => {
    const { logger, lines } = memoryLog('warn')
    assert.deepEqual(
      LOG_LEVELS.map((level) => logger.writes(level)),
      [true, true, false, false],
    )
    logger.debug('no')
    logger.info('no')
    logger.warn('yes')
    logger.error('yes')
    assert.deepEqual(
      lines().map(({ level }) => level),
      ['warn', 'error'],
    )
  })

  it('keeps its own members when a field has the same name', () => {
    const { logger, lines } = memoryLog()
    logger.info('accepted', { level: 'x', message: 'x', time: 'x', version: 'x' })
    assert.equal(lines()[0]?.['message'], 'accepted')
    assert.equal(lines()[0]?.['level'], 'info')
    assert.equal(lines()[0]?.['version'], '0.0.0')
  })

  it('never holds a text or a recipient, wherever in the fields and at whatever level', () => {
    const { logger, text } = memoryLog('debug')
    const submission = { to: NUMBER, text: TEXT, reference: 'r' }
    logger.debug('submitting', { text: TEXT, recipient: NUMBER, recipients: [NUMBER], batch: [submission] })
    logger.info('settled', { request: { body: submission } })
    assert.ok(!text().includes(NUMBER))
    assert.ok(!text().includes(TEXT))
    assert.match(text(), /"batch":\[\{"to":"\[hidden\]","text":"\[hidden\]","reference":"r"\}\]/)
  })

  it('masks a number that an error or another field quotes', () => {
    const { logger, text } = memoryLog()
    logger.error(`refused`, {
      reason: `bad number ${NUMBER}`,
      error: new Error(`Duplicate entry '88636fb2-dd01-42a4-a718-1fe200683a45-${NUMBER}' for key 'x'`),
    })
    assert.ok(!text().includes(NUMBER))
    assert.match(text(), /bad number 0912\*\*\*\*812/)
    assert.match(text(), /88636fb2-dd01-42a4-a718-1fe200683a45-0912\*\*\*\*812/)
  })

  it('holds an error as name, message and code with its causes, and a stack only at level error', () => {
    const { logger, lines } = memoryLog()
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', errno: -111 })
    const error = new TypeError('away', { cause })
    Object.assign(error, { sql: `INSERT INTO t VALUES ('${TEXT}')`, body: TEXT })
    logger.warn('backing off', { error })
    logger.error('failed', { error })
    const [warned, failed] = lines() as [{ error: object }, { error: { stack: string } }]
    assert.deepEqual(warned.error, {
      name: 'TypeError',
      message: 'away',
      cause: { name: 'Error', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED', errno: -111 },
    })
    assert.match(failed.error.stack, /logger\.test/)
    assert.ok(!JSON.stringify(lines()).includes(TEXT))
  })

  it('stays bounded and is written, whatever it is given', () => {
    const { logger, lines, text } = memoryLog()
    const circular: Record<string, unknown> = {
      big: 12n,
      when: new Date(0),
      bytes: Buffer.alloc(9),
      fn: () => 1,
    }
    circular['self'] = circular
    logger.info('odd', {
      circular,
      long: 'x'.repeat(100_000),
      many: Array.from({ length: 10_000 }, (_, i) => i),
    })
    assert.equal(lines().length, 1)
    assert.ok(text().length < 5_000)
    const { circular: written } = lines()[0] as { circular: Record<string, unknown> }
    assert.equal(written['big'], '12')
    assert.equal(written['when'], '1970-01-01T00:00:00.000Z')
    assert.equal(written['bytes'], '[9 bytes]')
  })
})
