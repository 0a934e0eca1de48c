// Checks that replaced names and phrases do not come back. `node dev/check/words.ts [folder or file ...]`
import { globSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { answerHelp } from '../../src/platform/answerHelp.ts'

answerHelp(
  'usage: npm run check:words -- [FOLDER or FILE ...]\nChecks that replaced names and phrases do not come back.',
)
const CHECKOUT = resolve(import.meta.dirname, '../..')
const SCANNED = [
  'src',
  'simulator',
  'dev',
  'chaos',
  'loadtest',
  'clients',
  'db',
  'docs',
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'Dockerfile',
  'docker-compose.yml',
  'docker',
  'deploy',
  'Makefile',
  '.env.example',
]
const EXTENSIONS = ['ts', 'js', 'css', 'sql', 'md', 'html', 'cjs', 'cnf', 'conf', 'yml', 'yaml', 'example']

/** This list itself, generated text, and what was decided and said at the time. */
const NOT_SCANNED = ['dev/check/words.ts', 'docs/openapi.json']

/** Identifiers, matched as whole words with their case. */
const NAMES = [
  ...['gather', 'Gathering', 'runsMax', 'weightOf', 'Aside', 'openAside', 'settleAside', 'InHand', 'inHand'],
  ...['Desk', 'comeIn', 'letIn', 'giveBack', 'withPatience', 'deliverPatiently', 'Patiently', 'isPassing'],
  ...['Offering', 'Undecided', 'Tried', 'givenUp', 'tryOperator', 'isAtItsEnd', 'Ending', 'Stay', 'Room'],
  ...['customer_held', 'RowsHeld', 'QUIET_FACTOR', 'ASLEEP_MS', 'MARK_AFTER_MS', 'removeSmall', 'putOff'],
  ...[
    'lastPlaceOf',
    'Walk',
    'gatherUnnamed',
    'strikeOffMerged',
    'holdAll',
    'hangBeforeShare',
    'hangAfterShare',
  ],
  ...['garbleShare', 'rejectShare', 'poisons', 'layFoundation', 'layGround', 'clearGround'],
  ...[
    'purse',
    'Purse',
    'payers',
    'Payer',
    'rage',
    'EnvelopeRuns',
    'isGrave',
    'sortOut',
    'ServerNotToBeHad',
    'tellBooks',
    'describeWay',
    'OWED_MS',
    'owedOnce',
    'Patience',
    'patience',
  ],
]

/** Phrases, matched as whole words in any case, also across the lines of a text or comment. */
const PHRASES = [
  ...['those that', 'who would', 'so many', 'in so many words', 'in hand', 'put aside', 'set aside'],
  ...[
    'whoever',
    'nobody',
    'somebody',
    'means harm',
    'is away',
    'are away',
    'goes away',
    'went away',
    'lost a race',
  ],
  ...[
    'said to be',
    'named by none',
    'is told so',
    'is told that',
    'first balance',
    'offer load',
    'well again',
  ],
  ...['is no flag', 'means nothing here', 'there is nothing at this address', 'it lives', 'known holes'],
  ...[
    'customers looked at',
    'late answer changed nothing',
    'verdict could not be written',
    'to be tried again',
  ],
  ...['could not be had', 'not to be had', 'is put off', 'by none', 'keeps no verdict', 'how a message goes'],
  ...[
    'where what stands',
    'where what lies',
    'promise [1-6]',
    'broker link',
    'breaker changed',
    'he is',
    'tells him',
  ],
  ...['costs him', 'his own', 'his balance', 'his account'],
  ...['promises? held', 'promise was broken', 'worked as promised', 'accept_verdicts_total', 'to the letter'],
  ...['put into words', 'worked off', 'whom they served'],
  ...[
    'want of memory',
    'all is well',
    'anybody',
    'is blind',
    'history knows',
    'ledger knows',
    'nothing to object to',
  ],
  ...[
    'became of',
    'becomes of',
    'become of',
    '(?:is|are|was|were) looked at',
    'no ending',
    'without an ending',
  ],
  ...[
    'named by (?:one|a row|an outbox row|outbox rows|it)',
    'could not be understood',
    'without the words of',
  ],
]

/** A word that is legitimate English or another's name in this place, or in a migration, which never changes. */
const ALLOWED: { file: string; text: string }[] = [
  { file: 'db/migrations/0046_event_queue.sql', text: 'became of' },
  { file: 'db/migrations/0057_webhook_deliveries_event.sql', text: 'became of' },
  { file: 'db/migrations/0058_sms_requests_on_unknown.sql', text: 'becomes of' },
  { file: 'db/migrations/0095_receipt_polls.sql', text: 'became of' },
]

interface Found {
  file: string
  line: number
  text: string
}

const NAME = new RegExp(`(?<![\\w-])(?:${NAMES.join('|')})(?![\\w-])`, 'g')
/** A blank, or the end of a line with what begins the next one in a comment. */
const GAP = '(?: |[ \\t]*\\n[ \\t]*(?:(?:\\*|//|--|#:?|>) ?)?)'
const PHRASE = new RegExp(`(?<!\\w)(?:${PHRASES.join('|').replaceAll(' ', GAP)})(?!\\w)`, 'gi')

export function findWords(file: string, content: string): Found[] {
  return [...content.matchAll(NAME), ...content.matchAll(PHRASE)]
    .toSorted((a, b) => a.index - b.index)
    .map(({ 0: text, index }) => ({
      file,
      line: content.slice(0, index).split('\n').length,
      text: text.replace(/\s+/g, ' '),
    }))
    .filter((found) => !ALLOWED.some((allowed) => allowed.file === file && allowed.text === found.text))
}

function check(places: string[]): number {
  const files = places
    .flatMap((place) =>
      statSync(resolve(CHECKOUT, place)).isFile()
        ? [place]
        : globSync(`${place}/**/*.{${EXTENSIONS.join(',')}}`, { cwd: CHECKOUT }),
    )
    .filter((file) => !NOT_SCANNED.includes(file) && !file.startsWith('docs/decisions/'))
  const found = files.flatMap((file) => findWords(file, readFileSync(resolve(CHECKOUT, file), 'utf8')))
  for (const { file, line, text } of found) console.error(`${file}:${line}: "${text}"`)
  const counts = Map.groupBy(found, ({ file }) =>
    file
      .split('/')
      .slice(0, file.startsWith('src/') ? 2 : 1)
      .join('/'),
  )
  for (const [folder, those] of counts) console.error(`words: ${those.length} in ${folder}`)
  if (found.length === 0)
    console.log(`words: none of ${NAMES.length + PHRASES.length} replaced words in ${files.length} files`)
  return found.length
}

if (import.meta.main) {
  const named = process.argv.slice(2)
  if (check(named.length > 0 ? named : SCANNED) > 0) process.exitCode = 1
}
