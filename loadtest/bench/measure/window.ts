/** The measured time on the database's clock, which is this machine's. */
export interface Window {
  startEpochMs: number
  durationMs: number
}

/** As SQL compares it with a DATETIME(3). */
export function sqlTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('T', ' ').replace('Z', '')
}

export function sqlStart({ startEpochMs }: Window): string {
  return sqlTime(startEpochMs)
}

export function sqlEnd({ startEpochMs, durationMs }: Window): string {
  return sqlTime(startEpochMs + durationMs)
}
