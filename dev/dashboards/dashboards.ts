// npm run dashboards: writes docker/grafana/dashboards from the lists of panels in this folder.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { answerHelp } from '../../src/platform/answerHelp.ts'
import { CHECKOUT } from '../stack/folders.ts'
import { MONEY } from './money.ts'
import { OPERATORS } from './operators.ts'
import { OVERVIEW } from './overview.ts'
import { toGrafana } from './panel.ts'
import type { Dashboard } from './panel.ts'
import { PATH } from './path.ts'
import { SERVERS } from './servers.ts'

export const DASHBOARDS: readonly Dashboard[] = [OVERVIEW, PATH, MONEY, OPERATORS, SERVERS]
export const DASHBOARDS_FOLDER = join(CHECKOUT, 'docker/grafana/dashboards')

/** The file as it belongs in the repository. */
export async function describeDashboard(dashboard: Dashboard): Promise<{ path: string; text: string }> {
  const path = join(DASHBOARDS_FOLDER, `${dashboard.uid}.json`)
  const options = await resolveConfig(path)
  return { path, text: await format(JSON.stringify(toGrafana(dashboard)), { ...options, parser: 'json' }) }
}

if (import.meta.main) {
  answerHelp(
    'usage: npm run dashboards\nWrites docker/grafana/dashboards from the lists of panels in dev/dashboards.',
  )
  for (const dashboard of DASHBOARDS) {
    const { path, text } = await describeDashboard(dashboard)
    writeFileSync(path, text)
  }
}
