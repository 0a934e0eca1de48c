/** The steps, and their estimated durations. */
export interface Step {
  name: string
  seconds: number
}

export interface Progress {
  begin(step: string): void
  /** A progress line with the elapsed and the estimated remaining time. */
  say(line: string): void
}

export function createProgress(
  steps: readonly Step[],
  print: (line: string) => void,
  nowMs: () => number = () => performance.now(),
): Progress {
  const startMs = nowMs()
  let current = -1
  let begunMs = startMs
  const leftSeconds = () => {
    const ahead = steps.slice(current + 1).reduce((sum, { seconds }) => sum + seconds, 0)
    const ofThis = (steps[current]?.seconds ?? 0) - (nowMs() - begunMs) / 1_000
    return ahead + Math.max(0, ofThis)
  }
  const say = (line: string) => {
    const gone = clock((nowMs() - startMs) / 1_000)
    print(`[${gone}, left ${clock(leftSeconds())}] ${steps[current]?.name.padEnd(12) ?? ''} ${line}`)
  }
  return {
    begin(name) {
      const found = steps.findIndex((step) => step.name === name)
      if (found >= 0) current = found
      begunMs = nowMs()
    },
    say,
  }
}

export function clock(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
