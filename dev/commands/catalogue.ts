/** What `make help` and `--help` say of a command. */
export interface CommandHelp {
  /** One line, which `make help` shows. */
  summary: string
  /** How it is called beside `make NAME`. */
  usage?: string[]
  /** Variables and flags with their meaning. */
  options?: [name: string, meaning: string][]
}

const SERVERS: [string, string][] = [
  ['DB_ENGINE', 'mysql (default) or mariadb'],
  ['BROKER', '4.3 (default) or 3.10: the version of RabbitMQ'],
]

/** In the order of `make help`: what a new user needs first. */
export const COMMANDS = {
  demo: {
    summary: 'send over HTTP and SMPP, fail over, refund and audit on private servers, step by step',
    options: SERVERS,
  },
  up: {
    summary: 'start the engine with private servers and simulated operators',
    usage: ['PORT=8081 make up', 'OPERATORS_FILE=docs/operators/simulated.yml make up'],
    options: [
      ['PORT', 'port of the API, default 8080'],
      ...SERVERS,
      ['DATABASE_URL, AMQP_URL', 'use these servers instead of starting any; set both or neither'],
      ['OPERATORS_FILE', 'operators and routes; the example has a simulated one over SMPP'],
      ['MOCK_SUCCESS_RATE, ...', 'shares of the simulated operators: docs/simulator.md'],
      ['any setting of the engine', 'docs/settings.md'],
    ],
  },
  down: { summary: 'stop what `make up` started; keep its data' },
  admin: {
    summary: 'manage customers and API keys, and add money',
    usage: [
      'npm run admin -- customers create --name "Example Ltd"',
      'npm run admin -- keys create CUSTOMER --name shop --scopes send,read',
    ],
    options: [
      ['customers list | create | show | change', 'CUSTOMER is the id or the user_id'],
      ['keys list | create | revoke CUSTOMER', 'a key is shown once, when it is created'],
      ['top-up CUSTOMER AMOUNT', 'add money, in the smallest unit'],
      ['tariffs list | create | end', 'prices, when they are captured, and refunds of missed guarantees'],
      ['log', 'who changed what and when'],
      ['DATABASE_URL', 'the database, default the one of `make up`'],
    ],
  },
  audit: {
    summary: 'prove the invariants from the tables',
    usage: ['npm run audit -- --full-speed'],
    options: [
      ['DATABASE_URL', 'the database, default the one of `make up`'],
      ['--operator URL', 'compare with this simulated operator too; may be repeated'],
      ['--full-speed', 'do not pause between pages'],
    ],
  },
  deadletters: {
    summary: 'list, replay or drop dead-lettered queue messages',
    usage: ["make deadletters ARGS='list'", 'npm run deadletters -- replay --queue express'],
    options: [
      ['list | replay | drop', 'what to do'],
      ['--queue normal|express', 'only this class'],
      ['--id ID', 'only this message; may be repeated'],
      ['AMQP_URL', 'the broker, default the one of `make up`'],
    ],
  },
  quarantine: {
    summary: 'list quarantined messages and decide them',
    usage: ["make quarantine ARGS='list'", 'npm run quarantine -- failed ID:NO'],
    options: [
      ['list [--json]', 'show each message with its reason'],
      ['sent ID:NO', 'an operator took it; --operator NAME says which'],
      ['failed ID:NO', 'refund it; it is not sent'],
      ['retry ID:NO', 'submit it again, marked as a possible duplicate'],
      ['DATABASE_URL', 'the database, needed here or in .env'],
    ],
  },
  retention: {
    summary: 'show what old rows go, when and why not, or remove them now',
    usage: ["make retention ARGS='plan'", 'npm run retention -- run'],
    options: [
      ['status', 'where messages and ledger begin, and the week that goes next'],
      ['plan', 'each week, whether it goes, and what stands against it'],
      ['run', 'remove now what is due'],
      ['RETENTION_MESSAGES, …', 'as the relay has them'],
      ['DATABASE_URL', 'the database, needed here or in .env'],
    ],
  },
  timeline: {
    summary: 'show what happened to a message, and what it waits for',
    usage: ["make timeline ARGS='ID'", 'npm run timeline -- ID --to +989120000001'],
    options: [
      ['ID', 'the identifier of the message'],
      ['--to NUMBER', 'only this recipient'],
      ['--after NO', 'the recipients behind this one; ten are shown at once'],
      ['--json', 'as the tables have it'],
      ['DATABASE_URL', 'the database, default the one of `make up`'],
    ],
  },
  trace: {
    summary: "show a message's trace as a tree, across processes",
    usage: ["make trace ARGS='ID'", 'npm run trace -- --listen'],
    options: [
      ['ID', 'the identifier of the message'],
      ['--from URL', 'the receiver, default the one of `make up` or port 4318'],
      ['--json', 'as the receiver has it'],
      ['--listen', 'be a receiver, for engines that are started by hand'],
      ['--port PORT', 'where it listens, default 4318'],
    ],
  },
  receipts: {
    summary: 'list receipts that matched no message, and try them again',
    usage: ["make receipts ARGS='list'", 'npm run receipts -- retry --all'],
    options: [
      ['list [--json]', 'receipts that matched nothing for a day, or cannot be read'],
      ['list --waiting', 'receipts that are still tried'],
      ['retry ID... | --all', 'try listed ones once more'],
      ['DATABASE_URL', 'the database, default the one of `make up`'],
    ],
  },
  reports: {
    summary: 'recount rollups of reports from the messages',
    usage: [
      "make reports ARGS='recompute --from 2027-03-01T00:00Z --to 2027-03-02T00:00Z'",
      'npm run reports -- recompute --from TIME --to TIME',
    ],
    options: [
      ['recompute', 'correct what is wrong, while the engine runs'],
      ['--from TIME', 'the first messages, such as 2027-03-01T09:00:00+03:30'],
      ['--to TIME', 'the end, not included'],
      ['DATABASE_URL', 'the database, default the one of `make up`'],
    ],
  },
  deadlines: {
    summary: 'record missed guarantees that an older program did not',
    usage: [
      "make deadlines ARGS='record --from 2027-03-01T00:00Z --to 2027-03-02T00:00Z'",
      'npm run deadlines -- record --from TIME --to TIME',
    ],
    options: [
      ['record', 'record what is missing, while the engine runs'],
      ['--from TIME', 'the first messages, such as 2027-03-01T09:00:00+03:30'],
      ['--to TIME', 'the end, not included'],
      ['DATABASE_URL', 'the database, default the one of `make up`'],
    ],
  },
  operators: {
    summary: 'list operators; pause, drain, resume or weight one',
    usage: ["make operators ARGS='list'", 'npm run operators -- pause north --reason "maintenance"'],
    options: [
      ['list', 'show every operator and its state'],
      ['pause | drain | resume NAME', 'in effect in every process within a second; needs --reason TEXT'],
      ['weight NAME NUMBER', 'kept and shown; needs --reason TEXT'],
      ['DATABASE_URL', 'the database, default the one of `make up`'],
    ],
  },
  route: {
    summary: 'explain which operators a message would go to',
    usage: ["make route ARGS='+989121234567 express'", 'npm run route -- 989121234567 normal --customer 7'],
    options: [
      ['NUMBER normal|express', 'the message'],
      ['--customer USER-ID, --sender SENDER', 'whom it is from'],
      ['--health', 'what operators do at the moment, and which are paused or drained'],
      ['OPERATORS_FILE', 'operators and routes, default those of `make up`'],
      ['DATABASE_URL', 'with --health: the database, default the one of `make up`'],
    ],
  },
  seed: {
    summary: 'top up many customers through the ledger',
    usage: ['make seed N=1000 BALANCE=10000'],
    options: [
      ['N', 'number of customers, default 1000'],
      ['BALANCE', 'amount for each, default 1000'],
      ['FIRST_CUSTOMER', 'first customer id, default 1000001'],
      ['DATABASE_URL', 'the database, default the one of `make up`'],
      ['ALLOW_REMOTE', 'needed for a host other than this machine'],
    ],
  },
  loadtest: {
    summary: 'run a load test against `make up` or BASE_URL',
    usage: ['make loadtest RATE=500 DURATION=60s', "make loadtest ARGS='--rate 500 --seed-only'"],
    options: [
      ['RATE', 'requests a second, default 100'],
      ['DURATION, WARM_UP', 'such as 10s (default) or 5m; warm-up is not measured'],
      ['CUSTOMERS, FIRST_CUSTOMER', 'how many customers send (100), from which id on (1000001)'],
      ['SKEW', 'uniform (default), zipf or one'],
      ['RECIPIENTS, EXPRESS', 'recipients a request (1); share of express requests (0.2)'],
      ['CONNECTIONS', 'HTTP connections, default 128'],
      ['SEED', 'of the random draw, default 1'],
      ['PRICE', 'highest price of a recipient, for the top-up; default 3'],
      ['SEED_METHOD', 'top up by http (default) or sql'],
      ['SEED_ONLY', '1: top up and send nothing'],
      ['DRAIN_TIMEOUT', 'how long to wait for the last message, default 120s'],
      ['REPORTS_FOLDER', 'where the report is written, default .local/reports'],
      ['BASE_URL, DATABASE_URL', 'the target, default `make up`'],
      ['ALLOW_REMOTE', 'needed for a host other than this machine'],
    ],
  },
  bench: {
    summary: 'benchmark against the targets, on private servers (6 minutes)',
    usage: ['make bench FORM=whole', "make bench ARGS='--only s1,s3 --rate 1000 --seconds 20'"],
    options: [
      ['FORM, --form', 'short (default) or whole'],
      ['STRICT=1, --strict', 'exit code 1 if a target is not met'],
      ['AGAINST, --against', 'a commit to compare s1 and s2 with, in turn'],
      ['--only SCENARIOS', 'separated by commas'],
      ['--rate N, --seconds N', 'a fixed rate; the length of a run'],
      ['--env NAME=VALUE', 'a setting of the engine; may be repeated'],
      ...SERVERS,
    ],
  },
  test: {
    summary: 'run the tests on private servers',
    usage: ['make test ARGS=test/outbox', 'npm test -- test/outbox/claim.test.ts --grep lease'],
    options: [
      ['FILE or FOLDER', 'run only these, without coverage'],
      ['any flag of mocha', 'such as --grep PATTERN or --bail'],
      ...SERVERS,
    ],
  },
  'ui-test': {
    summary: "work the operations page in a browser; write the documentation's pictures",
    options: [['CI', 'set: fail where there is no browser, instead of skipping']],
  },
  check: { summary: 'check format, lint and alert rules, types, import direction and table writers' },
  lint: { summary: 'check the lint rules only' },
  chaos: {
    summary: 'inject faults into a running system and prove the invariants (3 minutes)',
    usage: ['make chaos SEED=7 DURATION=20m', 'make chaos ONLY=upgrade DURATION=30s'],
    options: [
      ['SEED, --seed', 'decides the faults, default 1'],
      ['DURATION, --duration', 'time of overlapping faults, default 60s'],
      ['INTENSITY, --intensity', 'rate of faults, 0.1 to 10, default 1'],
      ['KEEP=1, --keep', 'keep logs and data although nothing was found'],
      [
        'ONLY, --only',
        'upgrade: only the upgrade and the rollback; cancel, schedule, outage, restart: one scenario',
      ],
      ['UPGRADE_FROM, --upgrade-from', 'the commit to upgrade from, default: the baseline'],
      ...SERVERS,
    ],
  },
  failover: {
    summary: 'kill members of a MySQL group and a RabbitMQ cluster under load (10 minutes; Linux)',
    usage: ['make failover ONLY=database RATE=200'],
    options: [
      ['ONLY, --only', 'database, broker, shares, or several with commas; default all'],
      ['RATE, --rate', 'requests a second, default 150'],
      ['SEED, --seed', 'decides what is sent, default 1'],
      ['KEEP=1, --keep', 'keep logs and data although nothing was found'],
      ['root', 'needed for the partition alone, which is left out without'],
    ],
  },
  hostile: {
    summary: 'send malformed and adversarial requests and check every answer',
    usage: ['make hostile COUNT=100000'],
    options: [
      ['COUNT, --count', 'number of requests, default 10000'],
      ['SEED, --seed', 'decides the requests, default 1'],
      ['ONLY, --only', 'send only the request with this number, and show it'],
      ...SERVERS,
    ],
  },
  'image-check': {
    summary: 'build the Docker image and run each role from it, without Docker (root on Debian)',
  },
  mutations: {
    summary: 'break one guard at a time and see that a test catches it',
    usage: ["make mutations ARGS='refund-key lease-ignored'"],
    options: [['NAME', 'only these; without a name, all of test/mutations']],
  },
  'deps-audit': { summary: 'list known vulnerabilities in the dependencies' },
  swag: { summary: 'write docs/openapi.json and the types of the TypeScript client' },
  build: { summary: 'install the packages and check the types' },
  run: { summary: 'start the engine on your own servers (settings: docs/settings.md)' },
  docker: { summary: 'start everything with Docker Compose' },
  clean: { summary: 'stop everything and delete its data' },
  distclean: { summary: 'the same, and delete packages and unpacked servers' },
} satisfies Record<string, CommandHelp>

export type CommandName = keyof typeof COMMANDS
