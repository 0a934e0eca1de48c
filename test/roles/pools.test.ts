import assert from 'node:assert/strict'
import { shareOut } from '../../src/roles/pools.ts'
import type { Role } from '../../src/roles/settings.ts'

const share = (roles: Role[], maxOpenConns: number) =>
  shareOut({ roles, db: { maxOpenConns, maxIdleConns: 25, connMaxLifetimeSeconds: 300 } })

describe('the database connections of a process', () => {
  it('are shared out among requests and the work of each class, and come to the setting', () => {
    assert.deepEqual(share(['api', 'relay', 'consumer'], 50), { requests: 30, work: 10 })
    assert.deepEqual(share(['relay', 'consumer'], 50), { requests: 2, work: 24 })
    assert.deepEqual(share(['consumer'], 21), { requests: 2, work: 9 })
  })

  it('are all for requests where nothing else is done', () => {
    assert.equal(share(['api'], 50).requests, 50)
  })

  it('are never fewer than a part needs', () => {
    assert.deepEqual(share(['api', 'relay', 'consumer'], 2), { requests: 2, work: 2 })
  })
})
