import { ROLES } from '../steps.ts'
import type { Role } from '../steps.ts'

/** Groups have a rhythm of their own: while the broker restarts, operators misbehave and processes die. */
export const GROUPS = ['process', 'database', 'broker', 'link', 'operator'] as const
export type Group = (typeof GROUPS)[number]

export const LINK_FORMS = ['cut', 'delayed', 'half-closed', 'silent', 'slow'] as const
export type LinkForm = (typeof LINK_FORMS)[number]

export const LINKS = ['database', 'broker', 'operators'] as const
export type LinkName = (typeof LINKS)[number]

export const MISBEHAVIOURS = [
  'reject',
  'hang',
  'flap',
  'garbage',
  'late',
  'poison',
  'throttle',
  'drop',
  'away',
  'refuse some',
] as const
export type Misbehaviour = (typeof MISBEHAVIOURS)[number]

export type Kind =
  | `kill ${Role}`
  | `freeze ${Role}`
  | 'MySQL stopped'
  | 'MySQL killed'
  | 'balances held'
  | 'connections used up'
  | 'RabbitMQ stopped'
  | 'RabbitMQ killed'
  | 'RabbitMQ disk wiped'
  | 'memory alarm'
  | `link to ${LinkName} ${LinkForm}`
  | `operator: ${Misbehaviour}`

/** The weights are how often one is drawn within its group. */
export const KINDS: Record<Group, readonly (readonly [Kind, number])[]> = {
  process: [
    ...ROLES.map((role) => [`kill ${role}`, 5] as const),
    ...ROLES.map((role) => [`freeze ${role}`, 1] as const),
  ],
  database: [
    ['MySQL stopped', 3],
    ['MySQL killed', 3],
    ['balances held', 2],
    ['connections used up', 1],
  ],
  broker: [
    ['RabbitMQ stopped', 3],
    ['RabbitMQ killed', 3],
    ['memory alarm', 1],
  ],
  link: LINKS.flatMap((link) => LINK_FORMS.map((form) => [`link to ${link} ${form}`, 1] as const)),
  operator: MISBEHAVIOURS.map((what) => [`operator: ${what}`, 1] as const),
}

/** Not drawn: once in a run is what it is about, as everything ready is gone with it. */
export const WIPE: Kind = 'RabbitMQ disk wiped'

export function groupOf(kind: Kind): Group {
  const group = GROUPS.find((each) => KINDS[each].some(([known]) => known === kind))
  return group ?? 'broker'
}

/** One of each group: what a short run tries alone. */
export const SAMPLES: readonly Kind[] = [
  ...ROLES.map((role) => `kill ${role}` as const),
  'freeze consumer',
  'MySQL killed',
  'RabbitMQ stopped',
  'link to database silent',
  'operator: hang',
]
