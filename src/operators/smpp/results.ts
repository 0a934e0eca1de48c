import type { OperatorResult } from '../contract.ts'
import { readIdentifier } from '../http/readIdentifier.ts'
import type { StatusResult } from './config.ts'
import { describeStatus, STATUS } from './codec/index.ts'
import type { Pdu } from './codec/index.ts'

/** What is known of one part of a message. */
export type PartResult =
  | { kind: 'accepted'; identifier: string | null; isReadable: boolean }
  | { kind: StatusResult | 'unknown'; reason: string; isOperatorFault?: boolean }

/**
 * The one table of statuses, for every operator unless its settings say otherwise; what is not here is unavailable: not
 * taken, for a reason that says nothing of the message. Rejected: no operator will take it; refused: this one will not,
 * because of our settings or its rules.
 */
const RESULTS = new Map<number, StatusResult>([
  [STATUS.RTHROTTLED, 'throttled'],
  [STATUS.RMSGQFUL, 'throttled'],
  [STATUS.RINVDSTADR, 'rejected'],
  [STATUS.RX_P_APPN, 'rejected'],
  [STATUS.RX_R_APPN, 'rejected'],
  [STATUS.RINVMSGLEN, 'refused'],
  [STATUS.RINVPRTFLG, 'refused'],
  [STATUS.RINVREGDLVFLG, 'refused'],
  [STATUS.RINVSRCADR, 'refused'],
  [STATUS.RINVSERTYP, 'refused'],
  [STATUS.RINVESMCLASS, 'refused'],
  [STATUS.RINVSRCTON, 'refused'],
  [STATUS.RINVSRCNPI, 'refused'],
  [STATUS.RINVDSTTON, 'refused'],
  [STATUS.RINVDSTNPI, 'refused'],
  [STATUS.RINVOPTPARSTREAM, 'refused'],
  [STATUS.ROPTPARNOTALLWD, 'refused'],
  [STATUS.RINVPARLEN, 'refused'],
  [STATUS.RMISSINGOPTPARAM, 'refused'],
  [STATUS.RINVOPTPARAMVAL, 'refused'],
])

/** Reads a submit_sm_resp, or the generic_nack in its place. */
export function readResponse(pdu: Pdu, overrides: ReadonlyMap<number, StatusResult>): PartResult {
  const { command, status } = pdu
  if (status === STATUS.ROK) {
    if (command !== 'submit_sm_resp') return { kind: 'unknown', reason: `${command} without an error` }
    const { value, readable } = readIdentifier(pdu.messageId)
    return { kind: 'accepted', identifier: value, isReadable: readable }
  }
  return {
    kind: overrides.get(status) ?? RESULTS.get(status) ?? 'unavailable',
    reason: describeStatus(status),
    ...(status === STATUS.RSYSERR && { isOperatorFault: true }),
  }
}

/** What the parts of a message come to. */
export interface MessageResult {
  result: OperatorResult
  /** It was not taken for a reason that lies with the operator or the way to it. */
  isOperatorFault: boolean
}

/**
 * Accepted when all parts are; otherwise what stands most in the way of the others. A part taken under no identifier
 * cannot be told from one that was not, so a message that lacks others too is unknown.
 */
export function combineParts(parts: readonly PartResult[]): MessageResult {
  const of = (kind: PartResult['kind']) => parts.find((part) => part.kind === kind)
  const partIds = parts.map((part) => (part.kind === 'accepted' ? part.identifier : null))
  const accepted = parts.filter((part) => part.kind === 'accepted')
  const [first] = accepted
  if (first && accepted.length === parts.length) {
    const several = parts.length > 1 ? { partIds } : {}
    return final({ kind: 'accepted', operatorMessageId: first.identifier, ...several })
  }
  const unknown = of('unknown')
  const permanent = of('rejected') ?? of('refused')
  const temporary = of('throttled') ?? of('unavailable')
  if (first || (unknown && of('rejected'))) {
    const why = reasonOf(permanent ?? unknown ?? temporary)
    const some = { reason: `${accepted.length} of ${parts.length} parts taken: ${why}`, partIds }
    if (permanent) return final({ kind: 'rejected', ...some })
    if (unknown || accepted.some(({ identifier }) => identifier === null))
      return final({ kind: 'unknown', ...some })
    if (temporary?.kind === 'throttled') return final({ kind: 'throttled', ...some, retryAfterMs: null })
    return final({ kind: 'unavailable', ...some })
  }
  if (unknown) return final({ kind: 'unknown', reason: reasonOf(unknown) })
  const reason = reasonOf(permanent ?? temporary)
  if (of('rejected')) return final({ kind: 'rejected', reason })
  if (permanent) return final({ kind: 'refused', reason })
  if (temporary?.kind === 'throttled') return final({ kind: 'throttled', reason, retryAfterMs: null })
  return final({ kind: 'unavailable', reason }, isFault(temporary))
}

function final(result: OperatorResult, isOperatorFault = false): MessageResult {
  return { result, isOperatorFault }
}

function reasonOf(part: PartResult | undefined): string {
  return part && 'reason' in part ? part.reason : 'no result'
}

function isFault(part: PartResult | undefined): boolean {
  return part !== undefined && 'isOperatorFault' in part && part.isOperatorFault === true
}
