import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { CHROMIUM_LIBRARIES } from './chromium.ts'
import { fetchBrowser } from './fetch.ts'
import type { Report } from './printProgress.ts'

/** How a browser is started: its program, and what its environment needs. */
export interface BrowserProgram {
  executablePath: string
  env: Record<string, string>
}

/** The machine's own, by any of its names. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** @returns the machine's Chromium, or Debian's, unpacked. @throws ServerNotAvailable, UnsupportedPlatform. */
export async function findBrowser(onProgress: Report): Promise<BrowserProgram> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const installed = folders
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path))
  if (installed !== undefined) return { executablePath: installed, env: {} }
  const { root } = await fetchBrowser('chromium', onProgress)
  return {
    executablePath: join(root, 'usr/lib/chromium/chromium'),
    env: {
      LD_LIBRARY_PATH: CHROMIUM_LIBRARIES.map((folder) => join(root, folder)).join(':'),
      FONTCONFIG_FILE: join(root, 'fonts.conf'),
    },
  }
}
