import assert from 'node:assert/strict'
import { rotateCallbackSecret } from '../../src/webhooks/index.ts'
import { countRows, fund, offer } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('a message with a callback_url', () => {
  let stack: Stack
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 100)
  })
  afterEach(() => stack.drop())

  const send = () => offer(stack.db, { userId: 1, to: 1, callbackUrl: 'https://shop.example/orders/1' })

  it('is refused without a secret of the customer, and nothing is changed', async () => {
    const before = await countRows(stack.db)
    const [decision] = await send()
    assert.ok(decision?.kind === 'refused')
    assert.equal(decision.problem.code, 'callback_secret_required')
    assert.deepEqual(await countRows(stack.db), before)
  })

  it('is accepted as soon as there is one', async () => {
    await rotateCallbackSecret(stack.db, 1)
    assert.equal((await send())[0]?.kind, 'accepted')
  })
})
