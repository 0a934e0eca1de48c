/** Clients of seed 002 write it before `/v1`. */
const PREFIX = '/api'

/** @returns the address under which the route is mounted and counted: `/api/v1` is the same API as `/v1`. */
export function withoutApiPrefix(url: string): string {
  return url.startsWith(`${PREFIX}/v1/`) ? url.slice(PREFIX.length) : url
}
