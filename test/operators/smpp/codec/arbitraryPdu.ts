import fc from 'fast-check'
import { COMMAND_IDS, SEQUENCE_MAX } from '../../../../src/operators/smpp/codec/index.ts'
import type { Command, Pdu, Tlv } from '../../../../src/operators/smpp/codec/index.ts'
import { BODILESS_ON_ERROR, LAYOUTS } from '../../../../src/operators/smpp/codec/layouts.ts'

const COMMANDS = Object.keys(COMMAND_IDS) as Command[]

const octets = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array.buffer, array.byteOffset, array.length))

/** A field's `empty` tells its kind; five characters fit into the shortest field. */
function valueOf(empty: unknown): fc.Arbitrary<unknown> {
  if (typeof empty === 'number') return fc.integer({ min: 0, max: 0xff })
  if (typeof empty !== 'string') return octets(255)
  const character = fc.integer({ min: 1, max: 0xff }).map((code) => String.fromCharCode(code))
  return fc.string({ unit: character, maxLength: 5 })
}

const tlv: fc.Arbitrary<Tlv> = fc.record(
  { tag: fc.integer({ min: 0, max: 0xffff }), value: octets(40) },
  { noNullPrototype: true },
)

function pduOf(command: Command): fc.Arbitrary<Pdu> {
  const status = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff_ffff }))
  return status.chain((status) => {
    const isBodiless = status !== 0 && BODILESS_ON_ERROR.has(command)
    const body = Object.entries(LAYOUTS[command]).map(([name, { empty }]: [string, { empty: unknown }]) => {
      return [name, isBodiless ? fc.constant(empty) : valueOf(empty)] as const
    })
    const record = {
      command: fc.constant(command),
      status: fc.constant(status),
      sequence: fc.integer({ min: 0, max: SEQUENCE_MAX }),
      ...Object.fromEntries(body),
      // Behind a body that is left out, a parameter would be read as the body.
      tlvs: isBodiless ? fc.constant([]) : fc.array(tlv, { maxLength: 4 }),
    }
    return fc.record(record, { noNullPrototype: true }) as unknown as fc.Arbitrary<Pdu>
  })
}

/** Any PDU that the codec can write. */
export const arbitraryPdu: fc.Arbitrary<Pdu> = fc.constantFrom(...COMMANDS).chain(pduOf)
export { octets as arbitraryOctets }
