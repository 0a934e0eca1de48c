// npm run docs:settings: writes docs/settings.md from src/roles/settings.ts.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { describeSettings } from '../src/roles/config.ts'
import { CHECKOUT } from './stack/folders.ts'

export const SETTINGS_PAGE = join(CHECKOUT, 'docs/settings.md')

const INTRODUCTION = `# Settings

Environment variables, or a file \`.env\` (see [.env.example](../.env.example)) for \`npm start\`. A wrong value, or a
misspelled name, is reported, one line per error, and startup fails. This page is generated: \`npm run docs:settings\`.

| setting | default | meaning |
| --- | --- | --- |
`

const AFTERWORD = `
Tracing is set up by OpenTelemetry's own variables, such as \`OTEL_EXPORTER_OTLP_ENDPOINT\`, and is off without them.
The servers of the make targets are chosen by other variables: [dev/README.md](../dev/README.md).
`

/** The page as it belongs in the repository. */
export async function describeSettingsPage(): Promise<string> {
  const rows = describeSettings().map(
    ({ name, default: byDefault, meaning }) =>
      `| \`${name}\` | ${byDefault === '' ? '' : `\`${byDefault}\``} | ${meaning.replaceAll('|', '\\|')} |\n`,
  )
  const options = await resolveConfig(SETTINGS_PAGE)
  return format(INTRODUCTION + rows.join('') + AFTERWORD, { ...options, parser: 'markdown' })
}

if (import.meta.main) writeFileSync(SETTINGS_PAGE, await describeSettingsPage())
