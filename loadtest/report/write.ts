import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LOCAL } from '../../dev/stack/folders.ts'
import type { BenchReport } from '../result.ts'
import { pageOf } from './page/page.ts'

export const REPORTS_FOLDER = join(LOCAL, 'reports')

export interface WrittenReport {
  htmlFile: string
  jsonFile: string
}

/** Writes both files into a folder of the report's own, named by the time at which it began. */
export async function writeReport(report: BenchReport, folder = REPORTS_FOLDER): Promise<WrittenReport> {
  // No colons: not every file system and tool takes them.
  const own = join(folder, report.startedAt.slice(0, 19).replaceAll(':', '-'))
  await mkdir(own, { recursive: true })
  const files = { htmlFile: join(own, 'report.html'), jsonFile: join(own, 'report.json') }
  await writeJson(report, files.jsonFile)
  await writeHtml(report, files.htmlFile)
  return files
}

export function writeJson(report: BenchReport, file: string): Promise<void> {
  return writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
}

export function writeHtml(report: BenchReport, file: string): Promise<void> {
  return writeFile(file, pageOf(report))
}
