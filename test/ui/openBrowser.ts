import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { findBrowser } from '../../dev/servers/findBrowser.ts'
import { UnsupportedPlatform } from '../../dev/servers/platform.ts'
import { printProgress } from '../../dev/servers/printProgress.ts'
import { ServerNotAvailable } from '../../dev/servers/unpack.ts'
import { CHECKOUT } from '../../dev/stack/folders.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const PICTURES = join(CHECKOUT, 'docs/pictures')
export const DESKTOP = { width: 1440, height: 900 }
export const PHONE = { width: 390, height: 844 }

/** A page, and everything that it did wrong so far. */
export interface WatchedPage {
  page: Page
  /** No error in the console, no request to another host. */
  assertClean(): void
  /** No violation of WCAG A or AA in what is shown. */
  assertAccessible(): Promise<void>
  /** Keeps a picture for the documentation, where that is wanted. */
  picture(name: string): Promise<void>
}

/** A machine that cannot have a browser skips the tests of the page; the forge must not. */
export async function openBrowser(test: Mocha.Context): Promise<Browser> {
  try {
    const { executablePath, env } = await findBrowser(printProgress(process.stderr))
    return await chromium.launch({ executablePath, env: { ...process.env, ...env } })
  } catch (error) {
    const isMissing = error instanceof UnsupportedPlatform || error instanceof ServerNotAvailable
    if (!isMissing || process.env['CI'] === 'true') throw error
    console.error(`skipped: ${error.message}`)
    return test.skip()
  }
}

export async function openPage(
  browser: Browser,
  url: string,
  options: { viewport?: { width: number; height: number }; colorScheme?: 'light' | 'dark' } = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  // Below the time that a test has, on a machine that is busy with others.
  page.setDefaultTimeout(45_000)
  const faults: string[] = []
  page.on('console', (message) => {
    // The browser itself reports that nobody is signed in yet.
    if (message.type() === 'error' && !/status of 401/.test(message.text())) faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(url).host) faults.push(`asked ${request.url()}`)
  })
  await page.goto(`${url}/ops`)
  return {
    page,
    assertClean: () => assert.deepEqual(faults, []),
    assertAccessible: () => assertAccessible(page),
    async picture(name) {
      if (process.env['WRITE_PICTURES'] !== '1') return
      await page.screenshot({ path: join(PICTURES, `${name}.png`) })
    },
  }
}

interface AxeResults {
  violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[]
}

async function assertAccessible(page: Page): Promise<void> {
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate<AxeResults, string[]>(
    (standards) =>
      (globalThis as unknown as { axe: { run(what: unknown, how: object): Promise<AxeResults> } }).axe.run(
        { exclude: [] },
        { runOnly: { type: 'tag', values: standards } },
      ),
    STANDARDS,
  )
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  )
  assert.deepEqual(found, [])
}
