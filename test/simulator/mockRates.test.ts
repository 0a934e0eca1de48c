import assert from 'node:assert/strict'
import { z } from 'zod'
import { behaviourOfRates, mockRateSettings } from '../../simulator/mockRates.ts'
import { spawnSimulator } from './simulatorProcess.ts'

describe('MOCK_SUCCESS_RATE, MOCK_TEMP_FAIL_RATE and MOCK_PERM_FAIL_RATE', () => {
  const read = (success?: string, temporary?: string, permanent?: string) => {
    const given = {
      MOCK_SUCCESS_RATE: success,
      MOCK_TEMP_FAIL_RATE: temporary,
      MOCK_PERM_FAIL_RATE: permanent,
    }
    const parsed = z.object(mockRateSettings).safeParse(given)
    if (!parsed.success)
      return parsed.error.issues.map(({ path, message }) => `${path.join()} ${message}`).join()
    const behaviour = behaviourOfRates(parsed.data)
    if ('fault' in behaviour) return behaviour.fault
    return [behaviour.unavailableRate, behaviour.rejectRate].map((rate) => Math.round(rate * 1_000) / 1_000)
  }

  for (const [given, rates] of [
    [[], [0, 0]],
    [
      ['', '', ''],
      [0, 0],
    ],
    [
      ['0.8', '0.15', '0.05'],
      [0.15, 0.05],
    ],
    [['1'], [0, 0]],
    [['0.8'], [0.2, 0]],
    [
      [undefined, '0.15'],
      [0.15, 0],
    ],
    [
      [undefined, undefined, '.05'],
      [0, 0.05],
    ],
    [
      ['0.8', undefined, '0.05'],
      [0.15, 0.05],
    ],
    [
      ['0.8', '0.15'],
      [0.15, 0.05],
    ],
    [
      ['0', '0', '1.0'],
      [0, 1],
    ],
  ] as [string[], number[]][]) {
    it(`${given.join(' ') || 'unset'}: temporary and permanent failures ${rates.join(' and ')}`, () => {
      assert.deepEqual(read(...given), rates)
    })
  }

  for (const [given, fault] of [
    [['80%'], /MOCK_SUCCESS_RATE must be a number from 0 to 1/],
    [['1.5'], /MOCK_SUCCESS_RATE must be/],
    [['0.5', '-0.1'], /MOCK_TEMP_FAIL_RATE must be/],
    [['0.5', 'NaN'], /MOCK_TEMP_FAIL_RATE must be/],
    [['0.5', '.'], /MOCK_TEMP_FAIL_RATE must be/],
    [['0.8', '0.3'], /sum to 1.1, not to 1/],
    [['0.5', '0.1', '0.1'], /sum to 0.7, not to 1/],
  ] as [string[], RegExp][]) {
    it(`${given.join(' ')} is refused`, () => assert.match(String(read(...given)), fault))
  }

  it('are how a simulator behaves until it is told otherwise', async () => {
    const simulator = await spawnSimulator({ MOCK_SUCCESS_RATE: '0.8', MOCK_TEMP_FAIL_RATE: '0.15' })
    try {
      const { unavailableRate, rejectRate } = await simulator.admin.behaviour()
      assert.deepEqual([unavailableRate, Math.round(rejectRate * 100)], [0.15, 5])
      assert.equal((await simulator.admin.behave({})).unavailableRate, 0)
    } finally {
      await simulator.stop()
    }
    await assert.rejects(spawnSimulator({ MOCK_SUCCESS_RATE: '2' }), /simulator: MOCK_SUCCESS_RATE/)
    await assert.rejects(spawnSimulator({ MOCK_SUCCESS_RATE: '0.9', MOCK_PERM_FAIL_RATE: '0.2' }), /not to 1/)
  })
})
