/** The commands of SMPP 3.4 that a client or a simulated message centre needs, under the specification's names. */
export const COMMAND_IDS = {
  bind_receiver: 0x0000_0001,
  bind_transmitter: 0x0000_0002,
  query_sm: 0x0000_0003,
  submit_sm: 0x0000_0004,
  deliver_sm: 0x0000_0005,
  unbind: 0x0000_0006,
  bind_transceiver: 0x0000_0009,
  enquire_link: 0x0000_0015,
  data_sm: 0x0000_0103,
  generic_nack: 0x8000_0000,
  bind_receiver_resp: 0x8000_0001,
  bind_transmitter_resp: 0x8000_0002,
  query_sm_resp: 0x8000_0003,
  submit_sm_resp: 0x8000_0004,
  deliver_sm_resp: 0x8000_0005,
  unbind_resp: 0x8000_0006,
  bind_transceiver_resp: 0x8000_0009,
  enquire_link_resp: 0x8000_0015,
  data_sm_resp: 0x8000_0103,
} as const

export type Command = keyof typeof COMMAND_IDS
export type Response = Extract<Command, `${string}_resp`> | 'generic_nack'
export type Request = Exclude<Command, Response>

const RESPONSE_BIT = 0x8000_0000

const COMMANDS = new Map<number, Command>(
  Object.entries(COMMAND_IDS).map(([command, id]) => [id, command as Command]),
)

/** @returns undefined for a command that is not spoken here. */
export function commandOf(id: number): Command | undefined {
  return COMMANDS.get(id)
}

/** Whether an identifier, known or not, is that of a response. A response is never answered. */
export function isResponseId(id: number): boolean {
  return id >= RESPONSE_BIT
}

export function isResponse(command: Command): command is Response {
  return isResponseId(COMMAND_IDS[command])
}

export function responseTo<R extends Request>(request: R): `${R}_resp` {
  return `${request}_resp`
}
