export { append, cutIntoRanges } from './append.ts'
export type { OutboxRow, RowOrder, Until } from './append.ts'
export {
  countRecipients,
  decodeEnvelope,
  decodeRanges,
  encodeEnvelope,
  UnreadableEnvelope,
} from './envelope.ts'
export type { Envelope, RecipientRange } from './envelope.ts'
export { NORMAL_ORDERS, startTags, tagsOf } from './fairness.ts'
export type { NormalOrder } from './fairness.ts'
export { EXPRESS_DEADLINE_MS, LONGEST_WAIT_MS, PUBLISHED_LEASE_MS } from './lease.ts'
export { openVirtualTime } from './positions.ts'
export type { VirtualTime } from './positions.ts'
export { readDepth } from './depth.ts'
export { findOpen } from './findOpen.ts'
export type { OpenRanges } from './findOpen.ts'
export { countBefore, findRowsOf, isIn } from './findRowsOf.ts'
export type { WaitingRow } from './findRowsOf.ts'
export { lockFreeRows } from './lockFreeRows.ts'
export { readOldRows } from './readOldRows.ts'
export type { ReadRow } from './readOldRows.ts'
export { lockOwnRows } from './lockOwnRows.ts'
export type { OwnRow } from './lockOwnRows.ts'
export { lockRows, postpone, removeRows } from './settle.ts'
export { createOutboxEvents } from './events.ts'
export type { OutboxEvents } from './events.ts'
export { relayOnce, startRelay } from './relay.ts'
export type { RelaySettings } from './relaySettings.ts'
export { queuesOf, topology } from './topology.ts'
export type { ClassQueues } from './topology.ts'
export { observeDepth } from './observeDepth.ts'
