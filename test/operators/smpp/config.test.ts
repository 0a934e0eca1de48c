import assert from 'node:assert/strict'
import { smppOptionsSchema } from '../../../src/operators/smpp/config.ts'

const GIVEN = { url: 'smpp://operator.example', system_id: 'chapar' }

function faultsOf(given: object): string[] {
  const { error } = smppOptionsSchema.safeParse({ ...GIVEN, ...given })
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('the settings of an SMPP operator', () => {
  it('have defaults for all but address and system_id', () => {
    assert.deepEqual(smppOptionsSchema.parse(GIVEN), {
      ...{ url: 'smpp://operator.example', systemId: 'chapar', password: '', systemType: '' },
      ...{ addressRange: '', serviceType: '', window: 10, alphabet: 'gsm', longMessages: 'udh' },
      binds: { transceiver: 1, transmitter: 0, receiver: 0 },
      ...{ source: {}, destination: {}, receiptsWanted: 'all', statusResults: new Map() },
      receipts: {
        ...{
          secret: undefined,
          signature: null,
          allowedSources: null,
          timeZone: 'UTC',
          onePerMessage: false,
        },
        causes: {},
      },
      timers: {
        ...{ connectMs: 5_000, responseMs: 10_000, enquireLinkMs: 30_000, inactivityMs: 0 },
        ...{ writeMs: 10_000, reconnectMinMs: 500, reconnectMaxMs: 30_000 },
      },
    })
  })

  it('may all be given', () => {
    const options = smppOptionsSchema.parse({
      ...GIVEN,
      url: 'ssmpp://[::1]:3550',
      ...{ password: 's3cret', system_type: 'sms', address_range: '^98', service_type: 'CMT', window: 128 },
      binds: { transmitters: 2, receivers: 1 },
      ...{ default_alphabet: 'latin1', long_messages: 'sar', registered_delivery: 'failures' },
      ...{ source: { ton: 5, npi: 0 }, destination: { ton: 1 } },
      timers: { response: 5, enquire_link: '10s', inactivity: '2m' },
      results: { '0x45': 'rejected', '1025': 'throttled' },
    })
    assert.deepEqual(options.binds, { transceiver: 0, transmitter: 2, receiver: 1 })
    assert.deepEqual([options.timers.responseMs, options.timers.inactivityMs], [5_000, 120_000])
    assert.deepEqual(
      options.statusResults,
      new Map([
        [0x45, 'rejected'],
        [0x401, 'throttled'],
      ]),
    )
    assert.equal(smppOptionsSchema.parse({ ...GIVEN, connections: 3 }).binds.transceiver, 3)
  })

  it('are refused with the place of every fault, and without the password', () => {
    assert.deepEqual(faultsOf({ url: 'http://operator', windw: 1 }).length, 2)
    for (const [given, place] of [
      [{ url: 'smpp://user:secret@operator' }, 'url: must have no user'],
      [{ url: 'smpp://operator/path' }, 'url: must have no user'],
      [{ system_id: '' }, 'system_id: must be 1 to 15'],
      [{ system_id: 'x'.repeat(16) }, 'system_id: must be 1 to 15'],
      [{ password: 'پ' }, 'password: must be 0 to 64'],
      [{ window: 0 }, 'window: '],
      [{ window: 1_001 }, 'window: '],
      [{ connections: 0 }, 'connections: '],
      [{ connections: 1, binds: { transceivers: 1 } }, 'connections: must not stand beside binds'],
      [{ binds: { receivers: 1 } }, 'binds: must have a transceiver or a transmitter'],
      [{ default_alphabet: 'utf8' }, 'default_alphabet: '],
      [{ source: { ton: 7 } }, 'source.ton: '],
      [{ timers: { response: '0s' } }, 'timers.response: must be at least 1ms'],
      [{ timers: { reconnect_min: '1m' } }, 'timers.reconnect_max: must not be below reconnect_min'],
      [{ results: { RTHROTTLED: 'throttled' } }, 'results.RTHROTTLED: '],
      [{ results: { '0x45': 'accepted' } }, 'results.0x45: '],
    ] as const) {
      const [fault, ...others] = faultsOf(given)
      assert.ok(fault?.startsWith(place), `${fault}`)
      assert.equal(others.length, 0)
      assert.ok(!fault?.includes('secret'))
    }
  })
})
