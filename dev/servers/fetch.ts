import { SERVERS_FOLDER } from '../stack/folders.ts'
import {
  BACKUP_TOOLS,
  BROKERS,
  BROWSERS,
  ENGINES,
  MONITORS,
  type Broker,
  type Browser,
  type Engine,
  type Monitor,
} from './catalogue.ts'
import { adaptBrowser } from './chromium.ts'
import { adaptErlang } from './erlang.ts'
import { assertPlatform, UnsupportedPlatform } from './platform.ts'
import type { Report } from './printProgress.ts'
import { unpackServer, type Tree } from './unpack.ts'

// All throw `UnsupportedPlatform` or `ServerNotAvailable`, and return at once when the server is there already.

export async function fetchEngine(engine: Engine, onProgress: Report): Promise<Tree> {
  assertPlatform()
  return unpackServer(ENGINES[engine], { folder: SERVERS_FOLDER, onProgress })
}

export async function fetchBroker(broker: Broker, onProgress: Report): Promise<Tree> {
  assertPlatform()
  // RabbitMQ's scripts take a path apart at spaces, and the loader at colons.
  if (/[\s:]/.test(SERVERS_FOLDER)) {
    throw new UnsupportedPlatform(`RabbitMQ cannot run below a path with spaces or colons: ${SERVERS_FOLDER}`)
  }
  return unpackServer(BROKERS[broker], { folder: SERVERS_FOLDER, onProgress, adapt: adaptErlang })
}

export async function fetchMonitor(monitor: Monitor, onProgress: Report): Promise<Tree> {
  assertPlatform()
  return unpackServer(MONITORS[monitor], { folder: SERVERS_FOLDER, onProgress })
}

export async function fetchBackupTools(engine: Engine, onProgress: Report): Promise<Tree> {
  assertPlatform()
  return unpackServer(BACKUP_TOOLS[engine], { folder: SERVERS_FOLDER, onProgress })
}

export async function fetchBrowser(browser: Browser, onProgress: Report): Promise<Tree> {
  assertPlatform()
  return unpackServer(BROWSERS[browser], { folder: SERVERS_FOLDER, onProgress, adapt: adaptBrowser })
}
