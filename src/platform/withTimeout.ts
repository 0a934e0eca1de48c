/** The work did not finish in time, and its caller no longer waits for it. */
export class DeadlineExceeded extends Error {
  constructor(what: string, timeoutMs: number) {
    super(`${what} took longer than ${timeoutMs} ms`)
    this.name = 'DeadlineExceeded'
  }
}

/** Bounds the wait for work. The work itself continues, and the caller must stop it. */
export async function withTimeout<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineExceeded(what, timeoutMs)), Math.max(0, timeoutMs))
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
