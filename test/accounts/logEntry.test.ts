import assert from 'node:assert/strict'
import { toLogItem } from '../../src/accounts/routes/logEntry.ts'

describe('an entry of the log of admins', () => {
  it('shows times as times, and how long something may take as a number', () => {
    const { details } = toLogItem({
      ...{
        id: '019bd5a2-1e0f-7a44-b3c6-8f1d2a6e9b70',
        actor: 'an admin',
        action: 'customer.change',
        userId: 1,
      },
      ...{ details: { guaranteedWithinMs: 90_000, validUntilMs: 90_000 }, createdAt: new Date(0) },
    })
    assert.deepEqual(details, { guaranteed_within_ms: 90_000, valid_until: '1970-01-01T00:01:30.000Z' })
  })
})
