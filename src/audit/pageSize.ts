import { Unavailable } from '../primitives/unavailable.ts'
import { DeadlineExceeded } from '../platform/withTimeout.ts'

/** Pages begin small and grow while they are quick, so that no read view lives long, whatever the machine does. */
export interface PageSize {
  rows: number
  readonly rowsMax: number
}

const ROWS_FIRST = 500
/** Larger pages would gain nothing: this size already has few statements for its rows. */
export const ROWS_MAX = 10_000
const ROWS_MIN = 10
const QUICK_MS = 150
const SLOW_MS = 500

export function openPageSize(rowsMax = ROWS_MAX): PageSize {
  return { rows: Math.min(ROWS_FIRST, rowsMax), rowsMax }
}

/**
 * Reads one page of a suitable size, and retries with a smaller page when a read takes too long.
 * @throws the database error, also when the smallest page takes too long.
 */
export async function readFitting<T>(
  size: PageSize,
  readPage: (rowsMax: number) => Promise<T>,
): Promise<{ page: T; durationMs: number }> {
  for (;;) {
    const startedAtMs = performance.now()
    try {
      const page = await readPage(size.rows)
      const durationMs = performance.now() - startedAtMs
      if (durationMs > SLOW_MS) shrink(size)
      else if (durationMs < QUICK_MS) size.rows = Math.min(size.rowsMax, size.rows * 2)
      return { page, durationMs }
    } catch (error) {
      if (!tookTooLong(error) || size.rows <= ROWS_MIN) throw error
      shrink(size)
    }
  }
}

function shrink(size: PageSize): void {
  size.rows = Math.max(ROWS_MIN, Math.floor(size.rows / 2))
}

function tookTooLong(error: unknown): boolean {
  return error instanceof Unavailable && error.cause instanceof DeadlineExceeded
}
