export { ask } from './ask.ts'
export { attempt } from './attempt.ts'
export type { Attempt, AttemptOptions, Operator } from './attempt.ts'
export type { BreakerSettings, BreakerState } from './breaker.ts'
export { TEST_OPERATOR } from './commonOptions.ts'
export { operatorByUrl, operatorsByUrl } from './config.ts'
export type { OperatorsFile } from './config.ts'
export { RECEIPT_CAUSES } from './contract.ts'
export type {
  IncomingReceipts,
  MessageClass,
  OperatorAdapter,
  OperatorResult,
  PartIds,
  QueryAnswer,
  Receipt,
  ReceiptCause,
  ReceiptOptions,
  Submission,
} from './contract.ts'
export { announceOperators } from './control/announce.ts'
export {
  findOperator,
  listOperators,
  REASON_CHARS_MAX,
  WEIGHT_DEFAULT,
  WEIGHT_MAX,
  writeControl,
} from './control/controls.ts'
export type { ControlChange, ListedOperator, OperatorControl } from './control/controls.ts'
export { followControls } from './control/followControls.ts'
export type { ControlFollower } from './control/followControls.ts'
export { createFileEvents } from './control/fileEvents.ts'
export type { FileEvents, Reloaded } from './control/fileEvents.ts'
export { createOperatorEvents } from './events.ts'
export type { OperatorCall, OperatorEvents } from './events.ts'
export { idleTimeoutText, operatorUrlText } from './http/config.ts'
export type { ChaparHttpOptions } from './http/config.ts'
export type { LateResult } from './link.ts'
export { encodeReceipt, encodeReceipts, RECEIPTS_MAX } from './http/receipts.ts'
export { observeBreakers } from './observeBreakers.ts'
export { createPaces } from './pace.ts'
export type { Pace } from './pace.ts'
export { PROTOCOLS } from './protocols.ts'
export type { OperatorConfig, ProtocolName } from './protocols.ts'
export { RECEIPTS_DEFAULT, receiptsSecretText } from './receiptOptions.ts'
export { OPERATOR_STATES } from './operatorState.ts'
export type { OperatorState } from './operatorState.ts'
export { firstReference, nextFree } from './smpp/text/references.ts'
export type { OpenReference, References } from './smpp/text/references.ts'
export { readOperatorsFile } from './readOperatorsFile.ts'
export { registerOperators } from './registry.ts'
export type { ClassState, Operators, OperatorsSettings } from './registry.ts'
export { chooseRoute } from './routing/chooseRoute.ts'
export type { Routable, RouteChoice } from './routing/chooseRoute.ts'
export type { OperatorRoute } from './routing/config.ts'
export type { Routed } from './routing/groupByRoute.ts'
export { indexRoutes } from './routing/indexRoutes.ts'
export type { RouteIndex } from './routing/indexRoutes.ts'
export { observeHealth } from './health/observeHealth.ts'
export { describeChoice } from './routing/describeChoice.ts'
export { NO_CONDITIONS } from './routing/strategy.ts'
export { followHealth, readHealth } from './health/followHealth.ts'
export type { HealthFollower } from './health/followHealth.ts'
export { indexPrices, NO_PRICE } from './prices.ts'
export type { PriceOf } from './prices.ts'
export { countParts } from './throughput/countParts.ts'
export { openQuotaLease } from './throughput/leaseQuota.ts'
export type { LeaseQuota } from './throughput/leaseQuota.ts'
export type { Throughput, Turn } from './throughput/throughput.ts'
export { senderAt } from './senders.ts'
export type { SenderRules } from './senders.ts'
export { verifySignature } from './twilio/verifySignature.ts'
export type { SignedCallback } from './twilio/verifySignature.ts'
