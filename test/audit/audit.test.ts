import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { fund, look } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { runCommand } from './runCommand.ts'

describe('the audit', () => {
  let stack: Stack
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000)
  })
  afterEach(() => stack.drop())

  it('ends with 0 when clean, with 1 and the reason when not, with 2 when it cannot tell', async () => {
    const clean = await runCommand(stack.databaseUrl, [], 'src/audit/main.ts')
    assert.equal(clean.code, 0, clean.output)
    assert.match(clean.output, /audit: clean\n$/)
    await look(stack.db, sql`UPDATE user_balances SET balance = balance + 7 WHERE user_id = 1`)
    const unclean = await runCommand(stack.databaseUrl, ['--full-speed'])
    assert.equal(unclean.code, 1)
    assert.match(unclean.output, /violation of 'balance': customer 1/)
    assert.match(unclean.output, /audit: 1 violations\n$/)
    const unavailable = await runCommand('mysql://nobody:x@127.0.0.1:1/none')
    assert.equal(unavailable.code, 2)
    assert.match(unavailable.output, /could not be finished: .*ECONNREFUSED 127\.0\.0\.1:1/)
    assert.doesNotMatch(unavailable.output, /nobody:x/)
  })

  it('counts violations beyond those that it explains', async () => {
    await look(
      stack.db,
      sql`INSERT INTO user_balances (user_id, balance, last_seq, last_updated)
        SELECT 1000 + ROW_NUMBER() OVER (), 5, 0, NOW(3) FROM information_schema.columns LIMIT 250`,
    )
    const { counts, violations } = await audit(stack.db)
    assert.equal(counts.balance + counts.chain, 250)
    assert.ok(violations.length > 0 && violations.length <= 200, `${violations.length} explained`)
  })
})
