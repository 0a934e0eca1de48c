/** A fault that only the user can correct. The program prints its message, without a stack, and ends. */
export class StartupFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartupFault'
  }
}
