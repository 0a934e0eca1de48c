/** What keeps the program from starting and only its user can mend. The message is meant for them: no stack. */
export class StartupFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartupFault'
  }
}
