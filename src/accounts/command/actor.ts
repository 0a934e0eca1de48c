import { userInfo } from 'node:os'

/** Who is recorded as having done what a command does. */
export function commandActor(): string {
  return `admin command by ${userInfo().username}`
}
