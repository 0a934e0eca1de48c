/** A fault ended a cancellation after a part of it took effect. A repeat does the rest. */
export class CancelInterrupted extends Error {
  constructor(cause: unknown) {
    super('the cancellation was interrupted after a part of it', { cause })
    this.name = 'CancelInterrupted'
  }
}
