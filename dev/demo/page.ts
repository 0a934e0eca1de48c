import { printProgress, type Report } from '../servers/printProgress.ts'

/** Where the story is told: numbered steps with indented lines, as plain text. */
export interface Page {
  step(title: string): void
  /** What stands outside of the steps. */
  heading(title: string): void
  say(line: string): void
  /** Interim lines replace each other on a terminal. */
  progress: Report
  /** A request and its answer, as one would see them with curl. */
  exchange(request: string, answer: string): void
}

const INDENT = '   '
const BOLD = '\u001b[1m'
const PLAIN = '\u001b[0m'

export function openPage(): Page {
  const isColourful = process.stdout.isTTY && !process.env['NO_COLOR']
  let steps = 0
  const say = (line: string) => console.log(`${INDENT}${line}`)
  const report = printProgress()
  const heading = (title: string) => console.log(isColourful ? `\n${BOLD}${title}${PLAIN}` : `\n${title}`)
  return {
    step: (title) => heading(`${(steps += 1)}. ${title}`),
    heading,
    say,
    progress: (line, isInterim) => report(`${INDENT}${line}`, isInterim),
    exchange(request, answer) {
      say(`> ${request}`)
      say(`< ${answer}`)
    },
  }
}
