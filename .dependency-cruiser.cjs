// Imports run one way: primitives, platform, idempotency, processes, segments and history, supporting slices, accounts and
// messages, deadlines, delivery, audit, webhooks and reports, exports, receipts and timeline, retention, ops, roles. Each layer may
// use those before it. A slice is entered through its index.ts; its routes are entered by the roles alone.
const LAYERS = [
  ['primitives'],
  ['platform'],
  ['idempotency', 'processes', 'segments', 'history'],
  ['ledger', 'outbox', 'operators', 'numbers', 'tariffs', 'limits', 'events', 'holds'],
  ['accounts', 'messages'],
  ['deadlines'],
  ['delivery', 'audit', 'webhooks', 'reports'],
  ['exports', 'receipts', 'timeline'],
  ['retention'],
  ['ops'],
  ['roles'],
]
const SLICES = [
  'accounts',
  'ledger',
  'holds',
  'outbox',
  'operators',
  'segments',
  'numbers',
  'tariffs',
  'limits',
  'idempotency',
  'messages',
  'delivery',
  'audit',
  'events',
  'webhooks',
  'reports',
  'receipts',
  'processes',
  'timeline',
  'history',
  'retention',
  'exports',
  'ops',
  'deadlines',
]

const anyOf = (names) => `^src/(?:${names.join('|')})/`

/** No layer reaches a later one, nor a neighbour in its own. */
const oneWay = LAYERS.flatMap((layer, index) => {
  const later = LAYERS.slice(index + 1).flat()
  return layer.map((name) => ({
    name: `one-way-${name}`,
    severity: 'error',
    from: { path: `^src/${name}/` },
    to: { path: anyOf([...layer.filter((other) => other !== name), ...later, 'main']) },
  }))
}).filter(({ to }) => to.path !== anyOf(['main']))

module.exports = {
  forbidden: [
    ...oneWay,
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'entered-through-index',
      comment: 'one slice uses what another offers in its index.ts',
      severity: 'error',
      from: { path: `^src/(${SLICES.join('|')})/` },
      to: { path: anyOf(SLICES), pathNot: ['^src/$1/', '/index\\.ts$'] },
    },
    {
      name: 'roles-enter-through-index-or-routes',
      severity: 'error',
      from: { path: '^src/(?:roles/|[^/]+\\.ts$)' },
      to: { path: anyOf(SLICES), pathNot: ['/index\\.ts$', '/routes/', '^src/outbox/deadLetters/'] },
    },
    {
      name: 'simulator-stands-outside',
      comment: 'the simulated operators are another program; the engine must not lean on them',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^simulator/' },
    },
    {
      name: 'product-alone',
      comment: 'the product does not need its own tests and tools',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(?:dev|test|loadtest|chaos)/' },
    },
    {
      name: 'client-alone',
      comment: 'a client is a package of its own, without dependencies',
      severity: 'error',
      from: { path: '^clients/typescript/src/' },
      to: { pathNot: '^clients/typescript/src/' },
    },
    {
      name: 'no-development-package',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^node:' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
}
