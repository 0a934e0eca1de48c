import type { OperatorEvents } from '../../src/operators/index.ts'

/** For tests that look at results and states alone. */
export const SILENT_EVENTS: OperatorEvents = {
  operatorRegistered: () => undefined,
  operatorCalled: () => undefined,
  breakerChanged: () => undefined,
  throttled: () => undefined,
  paceChanged: () => undefined,
}
