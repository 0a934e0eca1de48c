import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mergeRecords, percentilesOf, startGenerator } from '../../../loadtest/generator/index.ts'
import type { GeneratorPlan, GeneratorProgress } from '../../../loadtest/generator/index.ts'
import { isAlive, identify } from '../../../dev/processes/identity.ts'
import { eventually } from '../../support/eventually.ts'
import { planOf } from './planOf.ts'

/** A busy machine sends late what is due, and sends all of it. */
const OVERTIME_MS = 60_000

describe('a load generator', () => {
  let server: Server
  let baseUrl: string
  let answer: RequestListener
  beforeEach(async () => {
    server = createServer((request, response) => answer(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const plan = (named: Partial<GeneratorPlan>) => planOf({ baseUrl, overtimeMs: OVERTIME_MS, ...named })

  it('offers what its plan says and tells each second and at the end what came of it', async () => {
    const seen: { customer_id: number; type: string }[] = []
    answer = (request, response) => {
      let text = ''
      request.on('data', (data: Buffer) => (text += data.toString()))
      request.on('end', () => {
        seen.push(JSON.parse(text) as (typeof seen)[number])
        const isRefused = seen.length % 10 === 0
        response.writeHead(isRefused ? 402 : 200, { 'content-type': 'application/json' })
        response.end(isRefused ? '{}' : '{"recipients": 2}')
      })
    }
    const progress: GeneratorProgress[] = []
    const named = { ratePerSecond: 200, warmUpMs: 500, durationMs: 1_000, expressShare: 0.5 }
    const result = await startGenerator(plan(named), (second) => progress.push(second))
    assert.equal(seen.length, 300)
    assert.equal(seen.filter(({ type }) => type === 'express').length, 150)
    assert.ok(seen.every(({ customer_id }) => customer_id >= 1 && customer_id <= 100))
    const all = [...Object.entries(result.answers), ...Object.entries(result.warmUp.answers)]
    const sumOf = (status: string) =>
      all.reduce((sum, [each, count]) => sum + (each === status ? count : 0), 0)
    assert.deepEqual([sumOf('200'), sumOf('402')], [270, 30])
    assert.equal(result.acceptedRecipients + result.warmUp.acceptedRecipients, 540)
    assert.deepEqual([result.dueRequests, result.warmUp.dueRequests, result.unsentRequests], [200, 100, 0])
    assert.equal(percentilesOf(mergeRecords([result.http])).count, 200)
    assert.equal(
      progress.reduce((sum, { answeredRequests }) => sum + answeredRequests, 0),
      300,
    )
    assert.ok(result.cpuMicros > 0)
  })

  it('goes on after connections that end without an answer, and counts them', async () => {
    let requests = 0
    answer = (request, response) => {
      if (++requests % 2 === 0) request.socket.destroy()
      else response.setHeader('connection', 'close').end('{"recipients":1}')
    }
    const result = await startGenerator(plan({ durationMs: 500 }))
    const lost = Object.entries(result.answers).filter(([text]) => text.startsWith('no answer ('))
    assert.equal(result.answers['200'], 25)
    assert.equal(
      lost.reduce((sum, [, count]) => sum + count, 0),
      25,
    )
    assert.equal(result.connectionsOpened, 50)
  })

  it('has no answers when no server listens', async () => {
    server.close()
    assert.deepEqual((await startGenerator(plan({ durationMs: 200 }))).answers, {
      'no answer (ECONNREFUSED)': 20,
    })
  })

  it('ends early when told to, with what it has', async () => {
    answer = (_request, response) => response.end('{"recipients":1}')
    const told = new AbortController()
    const longPlan = plan({ durationMs: 600_000 })
    const result = await startGenerator(longPlan, () => told.abort(), { signal: told.signal })
    const answered = result.answers['200'] ?? 0
    assert.equal(answered, result.dueRequests - result.unsentRequests)
    assert.ok(answered > 0 && answered < 60_000)
  })

  it('says why when its plan cannot be run, and leaves no process', async () => {
    let pid = 0
    const onStarted = (started: number) => (pid = started)
    const wrongPlan = plan({ baseUrl: 'no address' })
    await assert.rejects(
      startGenerator(wrongPlan, () => {}, { onStarted }),
      /load generator gave no result: Invalid URL/,
    )
    const identity = identify(pid)
    await eventually('it is gone', () => identity === undefined || !isAlive(identity))
  })
})
