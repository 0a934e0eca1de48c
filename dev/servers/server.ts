import type { ProcessIdentity } from '../processes/identity.ts'

/** A private server. All methods may be repeated: starting a running server and stopping a stopped one do nothing. */
export interface Server {
  /** As people call it: "MySQL", "RabbitMQ". */
  readonly name: string
  readonly version: string
  readonly port: number
  readonly logFile: string
  /** All living processes of this server, the server itself first, then its helpers; empty when it is down. */
  processes(): ProcessIdentity[]
  /** The same as ids. */
  pids(): number[]
  /** Starts it, on the data it had before and on the same port; resolves when it serves. */
  start(): Promise<void>
  /** Stops it cleanly. */
  stop(): Promise<void>
  /** SIGKILL to all of its processes; resolves when they are gone. */
  kill(): Promise<void>
  /** Removes its data, so that the next start begins empty. Throws while it runs. */
  wipe(): Promise<void>
}

/** What differs from one server to the next. */
export interface ServerParts {
  name: string
  version: string
  port: number
  logFile: string
  dataFolder: string
  /** Whatever must lie on the disk before a start; called before each, on kept data too. */
  prepare(): Promise<void>
  command(): { command: string; args: string[]; env: Record<string, string>; cwd?: string }
  /** Logs in as a client would; rejects while the server does not serve yet. */
  probe(): Promise<void>
  stopGraceMs: number
}
