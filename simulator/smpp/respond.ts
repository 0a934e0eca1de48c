import { encodePdu, STATUS } from '../../src/operators/smpp/codec/index.ts'
import type { PduToSend } from '../../src/operators/smpp/codec/index.ts'
import type { Answer } from '../../src/operators/http/protocol.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Reaction } from '../operator.ts'
import { malform } from './malform.ts'

/** What a reaction writes to its link. */
export interface ResponseLink {
  write(octets: Buffer, isTrickled?: boolean): void
  cut(): void
}

type ResponseBehaviour = Pick<Behaviour, 'smppThrottleStatus' | 'smppMalformedKind'>

const HTTP_TOO_MANY = 429
const HTTP_SERVER_FAULT = 500

/** `either` is one of them for every other request. */
const THROTTLE_STATUSES = {
  throttled: [STATUS.RTHROTTLED, STATUS.RTHROTTLED],
  'queue-full': [STATUS.RMSGQFUL, STATUS.RMSGQFUL],
  either: [STATUS.RTHROTTLED, STATUS.RMSGQFUL],
} as const

/** Plays a reaction to a submit_sm; `answered` is called when its response leaves or the link is cut. */
export function respond(
  link: ResponseLink,
  sequence: number,
  reaction: Reaction,
  behaviour: ResponseBehaviour,
  answered: () => void,
): void {
  if (reaction.kind === 'hang') return
  const play = () => {
    answered()
    answer(link, sequence, reaction, behaviour)
  }
  if (reaction.latencyMs < 1) play()
  else setTimeout(play, reaction.latencyMs)
}

/** Whether a response comes, and when it is to be expected. */
export function isTimely(reaction: Reaction): boolean {
  return reaction.kind !== 'hang' && !(reaction.kind === 'answer' && reaction.manner === 'late')
}

function answer(
  link: ResponseLink,
  sequence: number,
  reaction: Exclude<Reaction, { kind: 'hang' }>,
  behaviour: ResponseBehaviour,
): void {
  switch (reaction.kind) {
    case 'drop':
      return link.cut()
    case 'refuse':
      return link.write(
        encodePdu({
          command: 'submit_sm_resp',
          sequence,
          status: refusal(sequence, reaction.status, behaviour),
        }),
      )
    case 'answer': {
      const octets = encodePdu(responseOf(sequence, reaction.answers[0]))
      link.write(octets)
      if (reaction.manner === 'repeated') link.write(octets)
      return
    }
    case 'corrupt-response': {
      const [taken] = reaction.answers
      if (taken?.status !== 'accepted') return link.write(encodePdu(responseOf(sequence, taken)))
      const messageId = String(taken.message_id)
      const malformed = malform(behaviour.smppMalformedKind, { sequence, messageId })
      link.write(malformed.octets, malformed.isTrickled)
      if (malformed.isCut) link.cut()
      return
    }
  }
}

/** The status of SMPP that says what a status of HTTP says. */
function refusal(sequence: number, status: number, { smppThrottleStatus }: ResponseBehaviour): number {
  if (status === HTTP_TOO_MANY) return THROTTLE_STATUSES[smppThrottleStatus][sequence % 2 === 0 ? 0 : 1]
  return status >= HTTP_SERVER_FAULT ? STATUS.RSYSERR : STATUS.RINVMSGLEN
}

function responseOf(sequence: number, answer: Answer | undefined): PduToSend<'submit_sm_resp'> {
  const response = { command: 'submit_sm_resp', sequence } as const
  switch (answer?.status) {
    case 'accepted':
      return { ...response, messageId: String(answer.message_id) }
    case 'rejected':
      return { ...response, status: answer.reason === 'refused' ? STATUS.RX_P_APPN : STATUS.RINVDSTADR }
    case 'unavailable':
    case 'throttled':
    case undefined:
      return { ...response, status: STATUS.RX_T_APPN }
  }
}
