import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { conclude } from '../../chaos/hostile/conclude.ts'
import { openBook } from '../../chaos/hostile/book.ts'
import type { Book, LedgerRow } from '../../chaos/hostile/book.ts'
import type { Effect } from '../../chaos/hostile/effect.ts'
import { exchange } from '../../chaos/hostile/exchange.ts'
import { judge } from '../../chaos/hostile/judge.ts'
import { judgeMemory } from '../../chaos/hostile/memory.ts'
import type { Message, Plan } from '../../chaos/hostile/plan.ts'
import { openTally, record } from '../../chaos/hostile/tally.ts'
import { verdictOf } from '../../chaos/hostile/verdict.ts'
import type { Findings } from '../../chaos/hostile/verdict.ts'

const CHARGE: Effect = { kind: 'charge', customerId: 7, amount: -3, words: 'hi' }
const ID = '0190b5f4-0000-7000-8000-000000000001'
const ROW: LedgerRow = { id: ID, customerId: 7, type: 'charge', amount: -3, words: 'hi' }
const RECEIPT = JSON.stringify({ sms_identifier: ID, status: 'processing', recipients: 3, cost: 3 })

function answer(
  status: number,
  body: string,
  headers: string[] = ['Content-Type: application/json'],
): string {
  return [`HTTP/1.1 ${status} X`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join(
    '\r\n',
  )
}

function problem(status: number, code: string, ...headers: string[]): string {
  const document = JSON.stringify({ status, code })
  return answer(status, document, ['Content-Type: application/problem+json', ...headers])
}

/** A server that says what the test wants, and then, if so, hangs up. */
async function speak(words: string, hangsUp: boolean): Promise<Server> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.once('data', () => (hangsUp ? socket.end(words) : socket.write(words)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function judged(
  words: string,
  options: { message?: Message; boundMs?: number; hangsUp?: boolean } = {},
) {
  const { message = {}, boundMs = 5_000, hangsUp = false } = options
  const plan: Plan = {
    index: 1,
    kind: 'valid',
    note: 'a test',
    bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    messages: [message],
    then: 'wait',
    boundMs,
  }
  const server = await speak(words, hangsUp)
  const book = openBook()
  try {
    const outcome = await exchange({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, plan)
    return { faults: judge(plan, outcome, book), book, plan, outcome }
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

describe('the judge of hostile requests', () => {
  it('has nothing against refusals, planned 503s, pages and receipts', async () => {
    assert.deepEqual((await judged(problem(400, 'invalid_request'))).faults, [])
    assert.deepEqual((await judged(problem(503, 'overloaded', 'Retry-After: 1'))).faults, [])
    assert.deepEqual((await judged(problem(503, 'outcome_unknown'))).faults, [])
    assert.deepEqual((await judged(answer(200, '{"balance":1}'), { message: { isRead: true } })).faults, [])
    assert.deepEqual((await judged(answer(200, RECEIPT), { message: { effect: CHARGE } })).faults, [])
    assert.deepEqual((await judged('', { hangsUp: true })).faults, [])
  })

  const wrongs: [string, string, Message, RegExp][] = [
    ['an answer 500', problem(500, 'internal_error'), {}, /answer 500 \(internal_error\)/],
    ['an answer 500 of another kind', answer(500, 'oops'), {}, /500 that is no problem document/],
    ['an unexpected 503', answer(503, ''), {}, /503 that is no problem document/],
    ['a 503 that does not say when to come again', problem(503, 'overloaded'), {}, /503 \(overloaded\)/],
    ['a bare refusal', answer(400, '', []), {}, /400 that is no problem document/],
    [
      'a document that says another status',
      answer(400, '{"status":404,"code":"x"}', ['Content-Type: application/problem+json']),
      {},
      /document is none/,
    ],
    ['a success that should not be', answer(200, RECEIPT), {}, /answered with 200 what should not/],
    ['money moved by a GET', answer(200, RECEIPT), { isRead: true }, /answered with 200 what should not/],
    ['another price', answer(200, RECEIPT), { effect: { ...CHARGE, amount: -2 } }, /costs 3, not 2/],
    ['words that are no HTTP', 'oops\r\n\r\n', {}, /an answer begins with "oops"/],
  ]
  for (const [what, words, message, said] of wrongs) {
    it(`objects to ${what}`, async () => {
      const { faults } = await judged(words, { message })
      assert.equal(faults.length, 1)
      assert.match(faults[0] ?? '', said)
    })
  }

  it('objects to a connection that is neither answered nor closed', async () => {
    const { faults } = await judged('', { boundMs: 50 })
    assert.deepEqual(faults, ['neither answered nor closed within 50 ms'])
  })

  it('objects to a successful answer without a request', async () => {
    const { faults } = await judged(problem(400, 'invalid_request') + answer(200, RECEIPT))
    assert.match(faults.join(), /answered with 200 what should not/)
  })
})

describe('the comparison of answers with the tables', () => {
  async function bookAfter(words: string, hangsUp = false): Promise<Book> {
    return (await judged(words, { message: { effect: CHARGE }, hangsUp })).book
  }
  const balanceOf = (balance: number) => new Map([[7, balance]])

  it('wants everything that was answered with 200, once and as it was', async () => {
    const book = await bookAfter(answer(200, RECEIPT))
    assert.deepEqual(book.compare([ROW], balanceOf(-3)).faults, [])
    assert.match(book.compare([], balanceOf(0)).faults.join(), /not in the ledger/)
    assert.match(book.compare([{ ...ROW, amount: -6 }], balanceOf(-6)).faults.join(), /and was charge of -3/)
    const twice = book.compare([ROW, { ...ROW, id: 'another' }], balanceOf(-6)).faults
    assert.match(twice.join(), /another: .* by no request/)
  })

  it('wants nothing of what was refused', async () => {
    const book = await bookAfter(problem(402, 'insufficient_balance'))
    assert.deepEqual(book.compare([], balanceOf(0)).faults, [])
    assert.match(book.compare([ROW], balanceOf(-3)).faults.join(), /by no request/)
  })

  it('takes what lost its answer wholly or not at all, and counts both', async () => {
    const book = await bookAfter('', true)
    const { faults, lostAndThere } = book.compare([ROW], balanceOf(-3))
    assert.deepEqual([faults, lostAndThere], [[], 1])
    assert.equal(book.compare([], balanceOf(0)).lostAndNotThere, 1)
    assert.match(book.compare([{ ...ROW, amount: -1 }], balanceOf(-1)).faults.join(), /by no request/)
    assert.match(book.compare([ROW, { ...ROW, id: 'another' }], balanceOf(-6)).faults.join(), /by no request/)
  })

  it('objects to a balance that its ledger does not make', async () => {
    const book = await bookAfter(answer(200, RECEIPT))
    assert.match(
      book.compare([ROW], balanceOf(-2)).faults.join(),
      /customer 7 has -2, and the ledger makes it -3/,
    )
  })
})

describe('the verdict', () => {
  async function findings(words: string): Promise<Findings> {
    const { plan, outcome, faults, book } = await judged(words, { message: { effect: CHARGE } })
    const tally = openTally()
    record(tally, plan, outcome, faults)
    const memory = judgeMemory({ mib: [50, 80, 100, 101, 102, 100, 99, 103] })
    return {
      tally,
      money: book.compare([ROW], new Map([[7, -3]])),
      memory,
      readyStatus: 200,
      isAuditClean: true,
    }
  }

  it('is clean when all held', async () => {
    assert.deepEqual(verdictOf(await findings(answer(200, RECEIPT))), [])
  })

  it('is not for one answer 500, money that moved by itself, an engine that is not ready, or an audit', async () => {
    const good = await findings(answer(200, RECEIPT))
    const bad = await findings(problem(500, 'internal_error'))
    assert.match(
      verdictOf(bad).join(),
      /1 requests were not answered.*money: .*by no request.*nothing was proven/,
    )
    assert.match(verdictOf({ ...good, readyStatus: 503 }).join(), /answers 503 at \/readyz/)
    assert.match(verdictOf({ ...good, readyStatus: undefined }).join(), /answers nothing at \/readyz/)
    assert.match(verdictOf({ ...good, isAuditClean: false }).join(), /the audit found something/)
  })

  it('is that nothing was proven when neither the engine nor its database can be asked any more', async () => {
    const nobody = { databaseUrl: 'mysql://nobody@127.0.0.1:1/none', engineUrl: 'http://127.0.0.1:1' }
    const lines: string[] = []
    const ended = await conclude({ ...nobody, customers: [7], book: openBook() }, (line) => lines.push(line))
    const said = verdictOf({ ...(await findings(answer(200, RECEIPT))), ...ended }).join()
    assert.match(
      said,
      /could not be compared.*nothing was proven.*answers nothing.*the audit found something/,
    )
  })

  it('is not for memory that grows or is too much', () => {
    assert.match(judgeMemory({ mib: [50, 100, 105, 111] }).faults.join(), /grew from 100 to 111/)
    assert.match(judgeMemory({ mib: [50, 399, 400, 401] }).faults.join(), /ended at 401 MiB/)
    const peak = judgeMemory({ mib: [50, 50, 50, 100, 102, 101, 133, 130, 140, 100, 99, 100] }).faults
    assert.deepEqual(peak, ['memory: had 130 MiB for a moment, and 101 before'])
    const sample = judgeMemory({ mib: [50, 50, 50, 100, 102, 101, 100, 190, 100, 100, 99, 100] })
    assert.deepEqual(sample.faults, [], 'one sample says nothing')
    const atTheEnd = judgeMemory({
      mib: [50, 50, 50, 50, 100, 102, 101, 100, 100, 100, 99, 100, 100, 100, 97, 140],
    })
    assert.deepEqual(atTheEnd.faults, [], 'the last one no more than another')
    assert.match(judgeMemory({ mib: [50] }).faults.join(), /too few/)
  })
})
