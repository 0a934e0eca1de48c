import { channel } from 'node:diagnostics_channel'

/**
 * An instant between two effects, at which a crash must lose nothing and double nothing (invariant 4). `at` names the
 * operation, `what` how far it is: `delivery.settle` is `committing`.
 */
export interface Step {
  at: string
  what: string
}

/** The name under which `node:diagnostics_channel` has them. */
export const STEPS_CHANNEL = 'chapar.step'

const steps = channel(STEPS_CHANNEL)

/** The same once what was handed to a socket in this turn of the event loop has been written: amqplib does so in the next. */
export function emitStepWhenWritten(at: string, what: string): void {
  if (steps.hasSubscribers) setImmediate(() => setImmediate(() => emitStep(at, what)))
}

/** Tells listeners that a step is reached, such as a test that kills the process there. Free without a listener. */
export function emitStep(at: string, what: string): void {
  if (steps.hasSubscribers) steps.publish({ at, what } satisfies Step)
}
