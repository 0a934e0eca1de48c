import type { StopList } from '../../dev/processes/stopList.ts'
import type { Findings } from './findings.ts'
import type { Form } from './form.ts'
import type { BenchOptions } from './options.ts'
import type { Stage } from './stage/stage.ts'

/** The parameters of every scenario, and the findings that it adds to. */
export interface Bench {
  stage: Stage
  form: Form
  options: BenchOptions
  stopList: StopList
  findings: Findings
  say: (line: string) => void
}
