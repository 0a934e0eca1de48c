import type { OperatorEvents } from '../../src/operators/index.ts'

/** For tests that look at results and states alone. */
export const SILENT_EVENTS: OperatorEvents = {
  operatorRegistered: () => undefined,
  operatorCalled: () => undefined,
  operatorAsked: () => undefined,
  breakerChanged: () => undefined,
  throttled: () => undefined,
  fileApplied: () => undefined,
  fileRefused: () => undefined,
  notAnnounced: () => undefined,
  controlled: () => undefined,
  controlsUnreadable: () => undefined,
  paceChanged: () => undefined,
  adapterLearned: () => undefined,
}
