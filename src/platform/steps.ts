import { channel } from 'node:diagnostics_channel'

/**
 * An instant between two effects, at which a crash must neither lose nor duplicate anything (invariant 4). `at` names
 * the operation, `what` how far it is: `delivery.settle` is `committing`.
 */
export interface Step {
  at: string
  what: string
}

/** The name of the `node:diagnostics_channel`. */
export const STEPS_CHANNEL = 'chapar.step'

const steps = channel(STEPS_CHANNEL)

/** Emits the step in the next turn of the event loop, when amqplib has written its frames to the socket. */
export function emitStepWhenWritten(at: string, what: string): void {
  if (steps.hasSubscribers) setImmediate(() => setImmediate(() => emitStep(at, what)))
}

/**
 * Notifies listeners of a reached step, such as a test that kills the process there. It costs nothing without a
 * listener.
 */
export function emitStep(at: string, what: string): void {
  if (steps.hasSubscribers) steps.publish({ at, what } satisfies Step)
}
