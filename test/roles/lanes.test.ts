import assert from 'node:assert/strict'
import { lanesOf } from '../../src/roles/lanes.ts'
import type { Role } from '../../src/roles/settings.ts'

const lanes = (roles: Role[], maxOpenConns: number, batchSizeMax = 1, operatorConcurrency = 16) =>
  lanesOf({
    ...{ roles, batchSizeMax, operatorConcurrency },
    db: { maxOpenConns, maxIdleConns: 25, connMaxLifetimeSeconds: 300 },
  })

describe('the transactions of a kind and of a class at once', () => {
  it('are one for batches, however small', () => {
    assert.equal(lanes(['api', 'relay', 'consumer'], 50, 2_000), 1)
    assert.equal(lanes(['consumer'], 500, 2), 1)
  })

  it('are as many as calls when messages go one by one', () => {
    assert.equal(lanes(['relay'], 50), 16)
    assert.equal(lanes(['consumer'], 100), 16)
  })

  it('are never more than the connections of the class, each kind’s share', () => {
    assert.equal(lanes(['relay'], 50, 1, 100), 24)
    assert.equal(lanes(['consumer'], 50), 12)
    assert.equal(lanes(['api', 'relay', 'consumer'], 50), 3)
    assert.equal(lanes(['api', 'relay', 'consumer'], 2), 1)
  })
})
