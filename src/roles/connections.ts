import type { Role } from './settings.ts'

/** The self-test needs two connections at once. A class needs one for its relay and one for its consumer. */
const SHARE_MIN = 2
/** The requests' share in a process that also does the work of both classes. */
const WORK_SHARE = 1 / 5

/** @returns the fewest connections with which these roles can work. */
export function connectionsMin(roles: readonly Role[]): number {
  return hasWork(roles) ? SHARE_MIN * 3 : SHARE_MIN
}

/**
 * @returns the connections of requests and of each class's work, which add up to the setting. The share is 0 without
 * work.
 */
export function shareOut({ roles, db }: { roles: readonly Role[]; db: { maxOpenConns: number } }): {
  requests: number
  work: number
} {
  const total = db.maxOpenConns
  if (!hasWork(roles)) return { requests: total, work: 0 }
  const serves = roles.includes('api')
  const share = Math.floor(serves ? total * WORK_SHARE : (total - SHARE_MIN) / 2)
  const work = Math.max(SHARE_MIN, share)
  return { requests: serves ? total - 2 * work : SHARE_MIN, work }
}

function hasWork(roles: readonly Role[]): boolean {
  return roles.includes('relay') || roles.includes('consumer')
}
