import assert from 'node:assert/strict'
import { readRecipients } from '../../../src/messages/routes/readRecipients.ts'
import { Problem } from '../../../src/primitives/problem.ts'

const LIMITS = { recipientsMax: 30 }
const IRAN = { ...LIMITS, region: 'IR' } as const

async function faultsOf(reading: Promise<unknown>): Promise<Problem> {
  return reading.then(
    () => assert.fail('was read'),
    (error: unknown) => {
      assert.ok(error instanceof Problem)
      assert.deepEqual([error.status, error.code], [400, 'invalid_request'])
      return error
    },
  )
}

describe('readRecipients', () => {
  it('reads one number as a list of one', async () => {
    assert.deepEqual(await readRecipients('+14155550100', LIMITS), [
      { kind: 'number', number: '+14155550100', given: null },
    ])
  })

  it('gives equal numbers one message, whatever their writing', async () => {
    const written = [
      ...['09120000001', '+989120000001', '00989120000001', '989120000001', '9120000001'],
      ...['۰۹۱۲۰۰۰۰۰۰۱', '٠٩١٢٠٠٠٠٠٠١', '\u206809120000001\u2069', '\u202d09120000001\u202c'],
      ...['+98 (912) 000-0001', '0912\u00a0000\u00a00001'],
    ]
    assert.deepEqual(await readRecipients([...written, '+14155550100'], IRAN), [
      { kind: 'number', number: '+989120000001', given: '09120000001' },
      { kind: 'number', number: '+14155550100', given: null },
    ])
  })

  it('keeps the digits without a region, and folds a plus', async () => {
    const read = await readRecipients(
      ['0912 000 0001', '09120000001', '+989120000001', '989120000001'],
      LIMITS,
    )
    assert.deepEqual(
      read.map(({ number, given }) => [number, given]),
      [
        ['09120000001', '0912 000 0001'],
        ['+989120000001', null],
      ],
    )
  })

  it('names every wrong number by its index, the first 20, and counts the others', async () => {
    const wrong = ['9.12E+09', '0912call', '09120000001\n', '', '912']
    const problem = await faultsOf(readRecipients(['09120000001', ...wrong], LIMITS))
    assert.deepEqual(
      problem.errors.map(({ field }) => field),
      ['to[1]', 'to[2]', 'to[3]', 'to[4]', 'to[5]'],
    )
    const many = await faultsOf(readRecipients(Array<string>(25).fill('x'), LIMITS))
    assert.equal(many.errors.length, 20)
    assert.equal(many.members['errors_omitted'], 5)
  })

  it('names a single number without an index', async () => {
    const problem = await faultsOf(readRecipients('0912call', LIMITS))
    assert.deepEqual(
      problem.errors.map(({ field }) => field),
      ['to'],
    )
  })

  it('applies the pattern to the normalized number', async () => {
    const limits = { ...IRAN, recipientPattern: /^\+98[0-9]+$/ }
    const [read] = await readRecipients(['09120000001'], limits)
    assert.equal(read?.number, '+989120000001')
    const problem = await faultsOf(readRecipients(['09120000001', '+14155550100'], limits))
    assert.deepEqual(problem.errors, [
      { field: 'to[1]', message: 'does not match the allowed number format' },
    ])
  })
})
