import { inflictOnBroker } from './broker.ts'
import { inflictOnDatabase } from './database.ts'
import type { Hit, Inflicted, World } from './hit.ts'
import { groupOf } from './kinds.ts'
import type { Group } from './kinds.ts'
import { inflictOnLink } from './links.ts'
import { inflictOnOperator } from './operators.ts'
import { inflictOnProcess } from './processes.ts'

const INFLICTORS: Record<Group, (world: World, hit: Hit) => Promise<Inflicted>> = {
  process: inflictOnProcess,
  database: inflictOnDatabase,
  broker: inflictOnBroker,
  link: inflictOnLink,
  operator: inflictOnOperator,
}

/** Begins a fault. @returns how it ends. */
export function inflict(world: World, hit: Hit): Promise<Inflicted> {
  return INFLICTORS[groupOf(hit.kind)](world, hit)
}
