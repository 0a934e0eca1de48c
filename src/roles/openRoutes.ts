import { indexRoutes } from '../operators/index.ts'
import type { OperatorsFile, RouteIndex } from '../operators/index.ts'

/** The routes of the operators' file, as this process read it last. */
export interface KnownRoutes {
  /** Undefined where this process knows none that leads elsewhere than to all operators. */
  current(): RouteIndex | undefined
  /** Replaces them. */
  configure(file: OperatorsFile): void
}

export function openRoutes(file: OperatorsFile): KnownRoutes {
  let routes = indexRoutes(file)
  return {
    current: () => (routes.isOpen ? undefined : routes),
    configure: (next) => void (routes = indexRoutes(next)),
  }
}
