// npm run docs:settings: writes docs/settings.md from src/roles/settings.ts.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { answerHelp } from '../src/platform/answerHelp.ts'
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
## Tracing

It is set up by [OpenTelemetry's own variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)
and off without the first of them.

| setting | default | meaning |
| --- | --- | --- |
| \`OTEL_EXPORTER_OTLP_ENDPOINT\` | | Where spans go. \`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\` or \`OTEL_TRACES_EXPORTER\` turn tracing on as well. |
| \`OTEL_EXPORTER_OTLP_PROTOCOL\` | \`http/protobuf\` | \`grpc\`, \`http/protobuf\` or \`http/json\`. |
| \`OTEL_TRACES_SAMPLER\` | \`parentbased_always_on\` | Which traces are recorded: \`parentbased_traceidratio\` with \`OTEL_TRACES_SAMPLER_ARG=0.01\` is one in a hundred, and each that a client samples. |
| \`OTEL_SERVICE_NAME\` | \`chapar\` | With one role \`chapar-api\`, \`chapar-relay\` or \`chapar-consumer\`. |
| \`OTEL_SDK_DISABLED\` | | \`true\` turns tracing off. |

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

if (import.meta.main) {
  answerHelp('usage: npm run docs:settings\nWrites docs/settings.md from src/roles/settings.ts.')
  writeFileSync(SETTINGS_PAGE, await describeSettingsPage())
}
