import { count, plural, seconds } from './format.js'

/**
 * What is wrong, the worst first: what a person on call must see in five seconds.
 * @typedef {{ tone: 'bad' | 'warn' | 'info', text: string, detail?: string, href?: string }} Finding
 */

const ROLES = ['api', 'relay', 'consumer']
const CLASSES = ['normal', 'express']
/** Above these, messages are late. */
const LATE_SECONDS = { express: 5, normal: 60 }
const SILENT_MS = 5_000
const TONES = ['bad', 'warn', 'info']

/** @param {any} live @returns {Finding[]} */
export function findProblems(live) {
  const findings = [
    ...ofProcesses(live),
    ...ofClasses(live),
    ...live.operators.flatMap(ofOperator),
    ...ofRequests(live),
    ...ofCounts(live.counts),
  ]
  return findings.sort((a, b) => TONES.indexOf(a.tone) - TONES.indexOf(b.tone))
}

/** @param {any} live @returns {Finding[]} */
function ofProcesses({ processes }) {
  const missing = ROLES.filter(
    (role) => !processes.some((/** @type {any} */ each) => each.roles.includes(role)),
  )
  const silent = processes.filter((/** @type {any} */ each) => each.silentMs > SILENT_MS)
  const versions = [...new Set(processes.map((/** @type {any} */ each) => each.version))]
  return [
    ...missing.map((role) => ({
      tone: /** @type {const} */ ('bad'),
      text: `No ${role} runs`,
      detail: WITHOUT[role],
    })),
    ...silent.map((/** @type {any} */ each) => ({
      tone: /** @type {const} */ ('warn'),
      text: `A process (${each.roles.join(', ')}) is silent for ${seconds(each.silentMs / 1_000)}`,
    })),
    ...(versions.length > 1
      ? [{ tone: /** @type {const} */ ('info'), text: `Versions ${versions.join(' and ')} run side by side` }]
      : []),
  ]
}

/** @type {Record<string, string>} */
const WITHOUT = {
  api: 'Nothing is accepted.',
  relay: 'Nothing accepted reaches the queues; nothing expires; no webhook is sent.',
  consumer: 'Nothing is handed to operators.',
}

/** @param {any} live @returns {Finding[]} */
function ofClasses({ classes, operators }) {
  return CLASSES.flatMap((type) => {
    const { backlog } = classes[type]
    const serving = operators.filter(
      (/** @type {any} */ each) => !each.isTest && stateOf(each, type) !== undefined,
    )
    const reachable = serving.filter((/** @type {any} */ each) => stateOf(each, type) === 'callable')
    const isLate = backlog && backlog.oldestDueSeconds > LATE_SECONDS[/** @type {'express'} */ (type)]
    /** @type {Finding[]} */
    const found = []
    if (serving.length > 0 && reachable.length === 0)
      found.push({
        tone: 'bad',
        text: `No operator takes ${type} messages`,
        detail: waits(backlog),
        href: '#/operators',
      })
    if (isLate)
      found.push({
        tone: 'bad',
        text: `The oldest ${type} message is due for ${seconds(backlog.oldestDueSeconds)}`,
        detail: waits(backlog),
      })
    // None is due for long now; those of the last minute were.
    else if (type === 'express' && (classes.express.handOver?.p95 ?? 0) > LATE_SECONDS.express * 1_000)
      found.push({
        tone: 'warn',
        text: `One in twenty express messages takes ${seconds(classes.express.handOver.p95 / 1_000)} to an operator`,
      })
    return found
  })
}

/** @param {any} backlog */
function waits(backlog) {
  if (!backlog) return ''
  const later = backlog.laterRows > 0 ? `; ${count(backlog.laterRows)} for later` : ''
  return `${backlog.isLeast ? 'More than ' : ''}${plural(backlog.rows, 'outbox row')} ready, due or under way${later}.`
}

/** How a class reaches an operator. @param {any} operator @param {string} type */
export function stateOf({ classes, control }, type) {
  const ofClass = classes.find((/** @type {any} */ each) => each.class === type)
  if (control && control.state !== 'active') return control.state
  if (!ofClass) return undefined
  return ofClass.breaker === 'open' && ofClass.openProcesses === ofClass.processes ? 'open' : 'callable'
}

/** @param {any} operator @returns {Finding[]} */
function ofOperator({ name, classes, control }) {
  if (control && control.state !== 'active')
    return [
      {
        tone: 'info',
        text: `${name} is ${control.state}`,
        detail: `By ${control.by ?? 'an unknown person'}: ${control.reason ?? 'no reason given'}`,
        href: '#/operators',
      },
    ]
  const open = classes.filter((/** @type {any} */ each) => each.breaker !== 'closed')
  if (open.length === 0) return []
  const longest = Math.max(...open.map((/** @type {any} */ each) => each.openForMs ?? 0))
  return [
    {
      tone: 'warn',
      text: `${name}: circuit breaker open for ${seconds(longest / 1_000)}`,
      detail: `For ${open.map((/** @type {any} */ each) => each.class).join(' and ')} messages. Others take them, if they can.`,
      href: '#/operators',
    },
  ]
}

/** @param {any} live @returns {Finding[]} */
function ofRequests({ http }) {
  if (http.errorsPerSecond === 0) return []
  const share = http.perSecond > 0 ? Math.round((100 * http.errorsPerSecond) / http.perSecond) : 0
  return [{ tone: 'warn', text: `${http.errorsPerSecond} requests a second fail with 5xx (${share} %)` }]
}

/** @param {any} counts @returns {Finding[]} */
function ofCounts({ deadLetters, quarantine, receipts, disabledWebhooks }) {
  const dead = deadLetters ? deadLetters.normal + deadLetters.express : 0
  const href = '#/attention'
  /** @type {Finding[]} */
  const found = []
  if (dead > 0) found.push({ tone: 'warn', text: plural(dead, 'dead letter'), href })
  if (quarantine > 0) found.push({ tone: 'warn', text: `${count(quarantine)} in quarantine`, href })
  if (receipts.orphan > 0)
    found.push({ tone: 'info', text: `${plural(receipts.orphan, 'receipt')} matched no message`, href })
  if (disabledWebhooks > 0)
    found.push({ tone: 'info', text: `${plural(disabledWebhooks, 'webhook')} disabled`, href })
  return found
}
