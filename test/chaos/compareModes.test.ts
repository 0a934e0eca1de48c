import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Sent } from '../../chaos/clients/record.ts'
import { compareModes } from '../../chaos/proof/compareModes.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('test messages compared with the tables and the operators’ record', () => {
  let stack: Stack
  let [live, test] = ['', '']
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000)
    live = await sendOne(stack.db, { userId: 1, to: 1, text: '[live] hello' })
    test = await sendOne(stack.db, { userId: 1, to: 1, text: '[test] hello', isTest: true })
  })
  afterEach(() => stack.drop())

  const asked = (mark: string, isTest: boolean): Sent => ({
    ...{ mark, isTest, customer: 1, type: 'normal', recipients: 1, firstNumber: 1 },
    ...{ answered: 'accepted', label: '202' },
  })
  const operator = (...references: string[]) => ({
    async *submissions() {
      yield* await Promise.resolve(references.map((reference) => ({ reference })))
    },
  })
  const compare = (atLive: string[] = [], atTest: string[] = []) =>
    compareModes(stack.db, [asked('live', false), asked('test', true)], {
      live: [operator(), operator(...atLive)],
      test: operator(...atTest),
    })

  it('agree when each is at an operator of its kind', async () => {
    assert.deepEqual(await compare([`${live}:1`], [`${test}:1`]), [])
  })

  it('find a test message at a live operator, and a live one at the test operator', async () => {
    assert.deepEqual(await compare([`${test}:1`]), [`test message ${test}:1: at a live operator`])
    assert.deepEqual(await compare([], [`${live}:1`]), [`live message ${live}:1: at the test operator`])
  })

  it('find one that moved money', async () => {
    await look(stack.db, sql`UPDATE user_transactions SET amount = -1 WHERE amount = 0`)
    assert.deepEqual(await compare(), [`test, message ${test}: a test message moved 1`])
  })

  it('find one that is stored as the other kind', async () => {
    await look(stack.db, sql`UPDATE sms_requests SET is_test = 1 - is_test`)
    assert.deepEqual(await compare(), [
      `live, message ${live}: stored as test`,
      `test, message ${test}: stored as live`,
    ])
  })
})
