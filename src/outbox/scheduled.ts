/** Why a row waits that no relay has had yet: its own time, or its customer's sending window or rate. */
export type ScheduledBy = 'schedule' | 'window' | 'rate'

/** How the row says so: in last_error, which the first claim clears. */
export const SCHEDULED_AS: Record<ScheduledBy, string> = {
  schedule: 'scheduled',
  window: 'sending window',
  rate: 'sending rate',
}

export function scheduledByOf(lastError: string | null): ScheduledBy | null {
  const found = Object.entries(SCHEDULED_AS).find(([, text]) => text === lastError)
  return (found?.[0] as ScheduledBy | undefined) ?? null
}
