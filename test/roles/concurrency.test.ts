import assert from 'node:assert/strict'
import { concurrencyOf, workBatchOf } from '../../src/roles/concurrency.ts'
import type { Role } from '../../src/roles/settings.ts'

const lanes = (
  role: 'relay' | 'consumer',
  roles: Role[],
  maxOpenConns: number,
  batchSizeMax = 1,
  calls = 16,
) =>
  concurrencyOf(
    {
      ...{ roles, batchSizeMax, operatorConcurrency: calls },
      db: { maxOpenConns, maxIdleConns: 25, connMaxLifetimeSeconds: 300 },
    },
    role,
  )

describe('a claim or settlement', () => {
  it('holds less than an accepting transaction, so that express need not wait long for one of normal', () => {
    assert.equal(workBatchOf({ batchSizeMax: 2_000 }), 500)
    assert.equal(workBatchOf({ batchSizeMax: 1 }), 1)
  })
})

describe('the transactions of a kind and of a class at once', () => {
  it('are few for batches, however small', () => {
    assert.equal(lanes('relay', ['api', 'relay', 'consumer'], 50, 2_000), 1)
    assert.equal(lanes('consumer', ['api', 'relay', 'consumer'], 50, 2_000), 2)
    assert.equal(lanes('consumer', ['consumer'], 500, 2), 2)
  })

  it('are as many as calls when messages go one by one', () => {
    assert.equal(lanes('relay', ['relay'], 50), 16)
    assert.equal(lanes('consumer', ['consumer'], 100), 16)
  })

  it('are never more than the connections of the class, each kind’s share', () => {
    assert.equal(lanes('relay', ['relay'], 50, 1, 100), 24)
    assert.equal(lanes('consumer', ['consumer'], 50), 12)
    assert.equal(lanes('consumer', ['api', 'relay', 'consumer'], 50), 3)
    assert.equal(lanes('relay', ['api', 'relay', 'consumer'], 6), 1)
    assert.equal(lanes('consumer', ['consumer'], 8, 2_000), 1)
  })
})
