import assert from 'node:assert/strict'
import { TariffBody, toTariffValues } from '../../../src/accounts/routes/tariffFields.ts'
import { readInput } from '../../../src/platform/http/index.ts'
import type { Problem } from '../../../src/primitives/problem.ts'

const DAYS = 86_400

describe('when a tariff captures its price', () => {
  const read = (body: object) => {
    const { charging, receiptWaitSeconds } = toTariffValues(
      readInput(TariffBody, { per: 'part', price: 5, ...body }),
      0,
    )
    return [charging, receiptWaitSeconds]
  }
  const refused = (body: object, field: string) =>
    assert.throws(
      () => read(body),
      (problem: Problem) => {
        const fields = problem.errors.map((each) => each.field)
        assert.deepEqual([problem.code, fields], ['invalid_request', [field]])
        return true
      },
    )

  it('is at acceptance, unless it says otherwise', () => {
    assert.deepEqual(read({}), ['acceptance', null])
    assert.deepEqual(read({ charging: 'hand_over' }), ['hand_over', null])
  })

  it('is at the delivery within three days, or as it says within fourteen', () => {
    assert.deepEqual(read({ charging: 'delivery' }), ['delivery', 3 * DAYS])
    assert.deepEqual(read({ charging: 'delivery', receipt_wait_seconds: 1 }), ['delivery', 1])
    assert.deepEqual(read({ charging: 'delivery', receipt_wait_seconds: 14 * DAYS }), ['delivery', 14 * DAYS])
    for (const seconds of [0, -1, 0.5, 14 * DAYS + 1, '60', null])
      refused({ charging: 'delivery', receipt_wait_seconds: seconds }, 'receipt_wait_seconds')
  })

  it('is by one of three, and only a delivery is waited for', () => {
    refused({ charging: 'never' }, 'charging')
    for (const charging of ['acceptance', 'hand_over'])
      refused({ charging, receipt_wait_seconds: 60 }, 'receipt_wait_seconds')
  })
})
