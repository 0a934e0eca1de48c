import { CLASSES } from '../../primitives/messageClass.ts'
import { Gauge } from '../../platform/telemetry/index.ts'
import type { Registry } from '../../platform/telemetry/index.ts'
import type { HealthFollower } from './followHealth.ts'
import { sharesOf } from './judgeSlot.ts'

/** Series of one scrape. The lowest shares come first: the others are 1. */
const SERIES_MAX = 200

/** Shows what operators keep of their traffic, by prefix, as this process has it. */
export function observeHealth(registry: Registry, health: Pick<HealthFollower, 'current'>): void {
  new Gauge({
    name: 'chapar_operator_health_share',
    help: 'What an operator keeps of its traffic for numbers of a prefix by its health, 0 to 1; of the 200 lowest',
    labelNames: ['operator', 'prefix', 'class'] as const,
    registers: [registry],
    collect() {
      this.reset()
      const current = health.current()
      const shares = [...current].flatMap(([prefix, operators]) =>
        [...operators.keys()].flatMap((operator) =>
          CLASSES.map((type) => {
            const { share, latencyShare } = sharesOf(current, { operator, prefix, type })
            return { labels: { operator, prefix, class: type }, share: share * latencyShare }
          }),
        ),
      )
      for (const { labels, share } of shares.sort((a, b) => a.share - b.share).slice(0, SERIES_MAX))
        this.set(labels, share)
    },
  })
}
