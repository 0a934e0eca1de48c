import assert from 'node:assert/strict'
import type { Request } from 'express'
import { limitRequests } from '../../../src/accounts/access/limitRequests.ts'
import { openRequestBuckets, perSecond } from '../../../src/limits/index.ts'
import { OPEN_ACCESS } from '../../../src/primitives/access.ts'
import type { Access } from '../../../src/primitives/access.ts'
import { Problem } from '../../../src/primitives/problem.ts'

const ROUTE = { access: 'read' as const }

function customer(userId: number, requestsPerSecond: number | null): Access {
  return {
    customer: {
      ...{ userId, publicId: '', name: '', tier: 'free', partsPerMinute: null, partsBurst: null },
      requestsPerSecond,
      allowedSenders: null,
      onUnknown: null,
      normalWeight: 1,
      sendingPartsPerSecond: null,
      sendingWindow: null,
      ...{ guaranteedWithinMs: null, hedge: false },
      ...{ spendPerDay: null, spendPerMonth: null },
    },
    ...{ isAdmin: false, isTest: false, isOpen: false, actor: '' },
  }
}

describe('the limit of requests', () => {
  let nowMicros: number
  const limited = (access: Access | Promise<Access>) => {
    nowMicros = 1
    const authorize = limitRequests(
      () => access,
      perSecond(2, 3),
      openRequestBuckets({ nowMicros: () => nowMicros }),
    )
    return () => authorize({} as Request, ROUTE)
  }
  const isRefused = (error: unknown) =>
    error instanceof Problem && error.code === 'too_many_requests' && error.headers['Retry-After'] === '1'

  it('admits as many at once as it allows in a second, and more as time passes', () => {
    const ask = limited(customer(1, 2))
    void ask()
    void ask()
    assert.throws(ask, isRefused)
    nowMicros += 500_000
    void ask()
    assert.throws(ask, isRefused)
  })

  it('holds for a key that had to be looked up', async () => {
    const ask = limited(Promise.resolve(customer(1, 1)))
    await ask()
    await assert.rejects(async () => ask(), isRefused)
  })

  it('is the general one for a customer without one of its own, and says what is left', () => {
    const ask = limited(customer(1, null))
    for (let request = 0; request < 3; request++) void ask()
    assert.throws(ask, (error) => {
      assert.ok(isRefused(error) && error instanceof Problem)
      assert.equal(error.headers['RateLimit-Policy'], '"requests";q=2;w=1;chapar-burst=3')
      assert.equal(error.headers['RateLimit'], '"requests";r=0;t=1')
      return true
    })
    nowMicros += 500_000
    void ask()
    assert.throws(ask, isRefused)
  })

  it('refuses all requests with a limit of 0, and none of an admin or without a key', () => {
    assert.throws(
      limited(customer(1, 0)),
      (error) => error instanceof Problem && error.code === 'too_many_requests',
    )
    const ask = limited(OPEN_ACCESS)
    for (let request = 0; request < 1_000; request++) void ask()
  })
})
