import assert from 'node:assert/strict'
import { connectionsMin, shareOut } from '../../src/roles/connections.ts'
import type { Role } from '../../src/roles/settings.ts'

const share = (roles: Role[], maxOpenConns: number) => shareOut({ roles, db: { maxOpenConns } })

describe('the database connections of a process', () => {
  it('are shared out among requests and the work of each class, and come to the setting', () => {
    assert.deepEqual(share(['api', 'relay', 'consumer'], 50), { requests: 30, work: 10 })
    assert.deepEqual(share(['relay', 'consumer'], 50), { requests: 2, work: 24 })
    assert.deepEqual(share(['consumer'], 21), { requests: 2, work: 9 })
  })

  it('are all for requests where nothing else is done', () => {
    assert.deepEqual(share(['api'], 50), { requests: 50, work: 0 })
  })

  for (const roles of [['api'], ['relay'], ['consumer'], ['api', 'relay', 'consumer']] as Role[][])
    it(`never exceed the setting, with ${roles.join()}`, () => {
      for (let total = connectionsMin(roles); total < 60; total++) {
        const { requests, work } = share(roles, total)
        assert.ok(requests + 2 * work <= total, `${requests} and twice ${work} of ${total}`)
        assert.ok(requests >= 2 && (work >= 2 || roles.join() === 'api'))
      }
    })
})
