import { PROTOCOLS } from '../operators/index.ts'
import type { ProtocolName, Receipt, ReceiptOptions } from '../operators/index.ts'
import type { RawReceipt } from './types.ts'

/** How an operator's receipts are read; the defaults for one that is not configured any more. */
export type ReceiptSources = (operator: string) => ReceiptOptions

/** @returns the receipts in what was stored, or why none can be read. */
export function readStored(
  { operator, protocol, raw }: RawReceipt,
  sources: ReceiptSources,
): { receipts: Receipt[] } | { fault: string } {
  if (!(protocol in PROTOCOLS))
    return { fault: `of the protocol ${protocol}, which this version does not know` }
  return PROTOCOLS[protocol as ProtocolName].receipts.read(raw, sources(operator))
}
