import { DeadlineExceeded } from './faults.ts'

/** Waits for work no longer than this. The work itself goes on: whoever gives it up has to end it. */
export async function within<T>(timeoutMs: number, operation: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineExceeded(operation, timeoutMs)), timeoutMs)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
