import { CLASSES } from '../../primitives/messageClass.ts'
import type { Live, LiveBacklog } from './types.ts'

/** One moment of the charts. Rows of the backlog are kept to tell how fast it shrinks. */
export interface Point {
  at: number
  accepted: number
  handedOver: number
  failed: number
  httpP95: number | null
  expressP95: number | null
  normalP95: number | null
  normalRows: number
  expressRows: number
}

export interface History {
  /** Keeps the picture as a point, unless the one before it is young. @returns the point, if it was kept. */
  keep(live: Live): Point | undefined
  points(): readonly Point[]
  /** Rows a second by which the backlog grows; below 0 while it shrinks, null while that is not known. */
  growth(rowsOf: 'normalRows' | 'expressRows'): number | null
}

/** Ten minutes of points. */
const POINT_EVERY_MS = 4_500
const POINTS_MAX = 120
/** Of these points a trend is read. */
const TREND_POINTS = 6

export function openHistory(): History {
  const points: Point[] = []
  return {
    keep(live) {
      const newest = points.at(-1)
      if (newest && live.at - newest.at < POINT_EVERY_MS) return undefined
      const point = toPoint(live)
      points.push(point)
      if (points.length > POINTS_MAX) points.shift()
      return point
    },
    points: () => points,
    growth(rowsOf) {
      const [first, last] = [points.at(-TREND_POINTS) ?? points[0], points.at(-1)]
      if (!first || !last || last.at === first.at) return null
      return ((last[rowsOf] - first[rowsOf]) * 1_000) / (last.at - first.at)
    },
  }
}

/** Tells where a backlog goes. One that is counted up to the bound may go anywhere. */
export function withTrend(backlog: LiveBacklog, growth: number | null): LiveBacklog {
  if (growth === null || backlog.isLeast) return backlog
  if (growth >= 0) return { ...backlog, trend: growth > 0 ? 'growing' : 'steady' }
  return { ...backlog, trend: 'shrinking', emptyInSeconds: Math.ceil(backlog.rows / -growth) }
}

function toPoint({ at, http, classes }: Live): Point {
  const sum = (of: 'acceptedPerSecond' | 'handedOverPerSecond' | 'failedPerSecond') =>
    CLASSES.reduce((total, type) => total + classes[type][of], 0)
  return {
    at,
    ...{ accepted: sum('acceptedPerSecond'), handedOver: sum('handedOverPerSecond') },
    failed: sum('failedPerSecond'),
    httpP95: http.latency.p95,
    expressP95: classes.express.handOver.p95,
    normalP95: classes.normal.handOver.p95,
    normalRows: classes.normal.backlog?.rows ?? 0,
    expressRows: classes.express.backlog?.rows ?? 0,
  }
}
