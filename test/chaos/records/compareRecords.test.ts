import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { compareRecords } from '../../../chaos/records/compareRecords.ts'
import type { OperatorRecord } from '../../../chaos/records/compareRecords.ts'
import { SUBMIT_PATH } from '../../../src/operators/http/protocol.ts'
import { read } from '../../../src/platform/db/index.ts'
import { spawnSimulator } from '../../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../../simulator/simulatorProcess.ts'
import { post, recipients, send, topUp } from '../../support/api.ts'
import { startTestEngine } from '../../support/engine.ts'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { offerLoad } from '../../support/load.ts'
import { runCommand } from '../../audit/runCommand.ts'

describe('the comparison with the operators’ record', () => {
  let engine: TestEngine
  let operators: SimulatorProcess[]
  let message: string
  before(async () => {
    engine = await startTestEngine({ env: { ON_UNKNOWN: 'retry' } })
    operators = [engine.operatorA, engine.operatorB]
    await engine.operatorA.admin.change({ rejectedNumbers: ['0912999'] })
    await topUp(engine.url, 1, 1_000)
    const accepted = await send(engine.url, { customer_id: 1, recipients: [...recipients(3), '0912999'] })
    message = accepted.sms_identifier
    await engine.drain()
  })
  after(() => engine.stop())

  const compare = () =>
    compareRecords(
      engine.db,
      operators.map(({ admin }) => admin),
    )
  const write = (statement: RawBuilder<unknown>) =>
    read(engine.db, 'test.plant', (reader) => statement.execute(reader))
  const submit = (operator: SimulatorProcess, reference: string) =>
    post(operator.url, SUBMIT_PATH, { reference, to: '09120000000', text: 'hi' })

  async function told(): Promise<string[]> {
    const { violations } = await compare()
    return violations.map(({ rule, subject, explanation }) => `${rule}: ${subject}: ${explanation}`)
  }

  it('finds that both agree, and says what it compared', async () => {
    const { counts, ...report } = await compare()
    assert.deepEqual([...new Set(Object.values(counts))], [0])
    assert.deepEqual(report, {
      violations: [],
      references: 3,
      takenMoreThanOnce: 0,
      takenAndRefunded: 0,
      dropped: 0,
      older: 0,
    })
  })

  it('finds a recipient that is done and that no operator took', async () => {
    await write(sql`UPDATE sms_status SET status = 'done' WHERE recipient_no = 4`)
    assert.deepEqual(await told(), [
      `taken: message ${message}, recipient 4: is done and no operator took it`,
    ])
    await write(sql`UPDATE sms_status SET status = 'failed' WHERE recipient_no = 4`)
  })

  it('finds a recipient that was taken, is failed and not marked as possibly sent', async () => {
    await write(sql`UPDATE sms_status SET status = 'failed' WHERE recipient_no = 1`)
    const explanation = 'was taken by an operator, is failed and not marked as possibly sent'
    assert.deepEqual(await told(), [`sent: message ${message}, recipient 1: ${explanation}`])
    await write(sql`UPDATE sms_status SET possibly_sent = TRUE WHERE recipient_no = 1`)
    assert.deepEqual(await told(), [])
    await write(sql`UPDATE sms_status SET status = 'done', possibly_sent = FALSE WHERE recipient_no = 1`)
  })

  it('has nothing against a recipient that was taken and is unfinished', async () => {
    await write(sql`UPDATE sms_status SET status = 'sending' WHERE recipient_no = 1`)
    assert.deepEqual(await told(), [])
    await write(sql`UPDATE sms_status SET status = 'done' WHERE recipient_no = 1`)
  })

  it('finds what two operators took, one of them each, without a mark', async () => {
    await submit(engine.operatorB, `${message}:2`)
    assert.deepEqual(await told(), [
      `duplicate: message ${message}, recipient 2: was taken 2 times and is not marked`,
    ])
    assert.equal((await compare()).takenMoreThanOnce, 1)
    await write(sql`UPDATE sms_status SET possible_duplicate = TRUE WHERE recipient_no = 2`)
    assert.deepEqual(await told(), [])
  })

  it('finds what was taken and does not exist', async () => {
    await submit(engine.operatorB, `${message}:9`)
    assert.deepEqual(await told(), [
      `known: message ${message}, recipient 9: was taken by an operator and does not exist`,
    ])
    await submit(engine.operatorB, 'someone-else')
    assert.equal((await compare()).counts.known, 2)
  })

  it('exits with 1 and explains it, with 2 when an operator cannot be asked', async () => {
    const flags = (urls: string[]) => urls.flatMap((url) => ['--operator', url])
    const urls = operators.map(({ url }) => url)
    const unclean = await runCommand(engine.stack.databaseUrl, flags(urls))
    assert.equal(unclean.code, 1)
    assert.match(unclean.output, /4 messages taken, 1 of them more than once/)
    assert.match(unclean.output, /\n {3}2 {2}every reference that an operator took/)
    assert.match(unclean.output, /violation of 'known': reference 'someone-else'/)
    const away = await runCommand(engine.stack.databaseUrl, flags(['http://127.0.0.1:1']))
    assert.equal(away.code, 2)
    assert.match(away.output, /could not be finished: the operator at http:\/\/127.0.0.1:1 does not answer/)
  })

  it('says of messages that were accepted before a record began no more than how many they are', async () => {
    for (const { admin } of operators) await admin.forget()
    assert.deepEqual(await told(), [])
    const { output } = await runCommand(
      engine.stack.databaseUrl,
      operators.flatMap(({ url }) => ['--operator', url]),
    )
    assert.match(output, /partial: [1-9][0-9]* that are done were accepted before an operator's record began/)
  })

  it('says that the comparison is partial when an operator had no room for all', async () => {
    const small = await spawnSimulator({ PORT: '0', REFERENCES_MAX: '1' })
    try {
      for (const number of [1, 2, 3]) await submit(small, `${message}:${number}`)
      const report = await compareRecords(engine.db, [withoutBeginning(small.admin)])
      assert.deepEqual([report.dropped, report.references, report.violations], [2, 1, []])
      const { output } = await runCommand(engine.stack.databaseUrl, ['--operator', small.url])
      assert.match(output, /partial: the operators had no room for 2 submissions/)
    } finally {
      await small.stop()
    }
  })

  it('gives no false alarm while messages flow, are rejected and taken without a word', async () => {
    for (const { admin } of operators) {
      await admin.behave({
        ...{ rejectRate: 0.2, dropAfterAcceptRate: 0.1, latency: { kind: 'fixed', ms: 5 } },
        statusRoute: 'missing',
      })
      await admin.forget()
    }
    await topUp(engine.url, 1, 1_000_000)
    const load = offerLoad(engine.url, { customers: [1], concurrency: 6, recipientsPerRequest: 3 })
    const reports = []
    while (reports.length < 10 || load.accepted.length < 100) reports.push(await compare())
    const takenTwice = async () => (await compare()).takenMoreThanOnce > 0
    await eventually('an answer that was lost made one go out twice', takenTwice)
    await load.stop()
    for (const { admin } of operators) await admin.behave({})
    for (const { violations } of reports) assert.deepEqual(violations, [])
    await engine.drain()
    const { violations, takenMoreThanOnce } = await compare()
    assert.deepEqual(violations, [])
    assert.ok(takenMoreThanOnce > 0)
  })
})

/** As if it had been there from the first message on. */
function withoutBeginning(admin: SimulatorProcess['admin']): OperatorRecord {
  return {
    submissions: () => admin.submissions(),
    summary: async () => ({ ...(await admin.summary()), startedAt: 0 }),
  }
}
