import type { Command } from './commands.ts'
import { countedOctets, cString, uint8 } from './fields.ts'
import type { Field } from './fields.ts'

/** Longer than the specification's 9 octets, because operators issue longer passwords. */
const PASSWORD_OCTETS_MAX = 65

/** More than the 254 of the specification fit into the length octet, and some peers use it. */
const SHORT_MESSAGE_OCTETS_MAX = 255

const BIND = {
  systemId: cString(16),
  password: cString(PASSWORD_OCTETS_MAX),
  systemType: cString(13),
  interfaceVersion: uint8,
  addrTon: uint8,
  addrNpi: uint8,
  addressRange: cString(41),
}
const BIND_RESP = { systemId: cString(16) }

/** submit_sm and deliver_sm have one body. */
const SHORT_MESSAGE = {
  serviceType: cString(6),
  sourceAddrTon: uint8,
  sourceAddrNpi: uint8,
  sourceAddr: cString(21),
  destAddrTon: uint8,
  destAddrNpi: uint8,
  destinationAddr: cString(21),
  esmClass: uint8,
  protocolId: uint8,
  priorityFlag: uint8,
  scheduleDeliveryTime: cString(17),
  validityPeriod: cString(17),
  registeredDelivery: uint8,
  replaceIfPresentFlag: uint8,
  dataCoding: uint8,
  smDefaultMsgId: uint8,
  shortMessage: countedOctets(SHORT_MESSAGE_OCTETS_MAX),
}
const MESSAGE_ID = { messageId: cString(65) }

const DATA_SM = {
  serviceType: cString(6),
  sourceAddrTon: uint8,
  sourceAddrNpi: uint8,
  sourceAddr: cString(65),
  destAddrTon: uint8,
  destAddrNpi: uint8,
  destinationAddr: cString(65),
  esmClass: uint8,
  registeredDelivery: uint8,
  dataCoding: uint8,
}

/** The mandatory fields of each body, in their order on the wire. */
export const LAYOUTS = {
  bind_receiver: BIND,
  bind_transmitter: BIND,
  bind_transceiver: BIND,
  bind_receiver_resp: BIND_RESP,
  bind_transmitter_resp: BIND_RESP,
  bind_transceiver_resp: BIND_RESP,
  submit_sm: SHORT_MESSAGE,
  submit_sm_resp: MESSAGE_ID,
  deliver_sm: SHORT_MESSAGE,
  deliver_sm_resp: MESSAGE_ID,
  data_sm: DATA_SM,
  data_sm_resp: MESSAGE_ID,
  query_sm: { messageId: cString(65), sourceAddrTon: uint8, sourceAddrNpi: uint8, sourceAddr: cString(21) },
  query_sm_resp: { messageId: cString(65), finalDate: cString(17), messageState: uint8, errorCode: uint8 },
  unbind: {},
  unbind_resp: {},
  enquire_link: {},
  enquire_link_resp: {},
  generic_nack: {},
} satisfies Record<Command, object>

/** Responses whose body is left out when they carry an error. deliver_sm_resp always has its one octet. */
export const BODILESS_ON_ERROR: ReadonlySet<Command> = new Set([
  'bind_receiver_resp',
  'bind_transmitter_resp',
  'bind_transceiver_resp',
  'submit_sm_resp',
  'data_sm_resp',
  'query_sm_resp',
])

export type BodyOf<C extends Command> = {
  -readonly [K in keyof (typeof LAYOUTS)[C]]: (typeof LAYOUTS)[C][K] extends Field<infer T> ? T : never
}

type AnyField = readonly [name: string, field: Field<unknown>]

const FIELDS = Object.fromEntries(
  Object.entries(LAYOUTS).map(([command, layout]) => [command, Object.entries(layout)]),
) as unknown as Record<Command, readonly AnyField[]>

/** The same fields as a list, which the codec runs over for every PDU. */
export function fieldsOf(command: Command): readonly AnyField[] {
  return FIELDS[command]
}
