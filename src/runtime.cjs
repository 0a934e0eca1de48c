'use strict'
// Preloaded (node --require) by every npm script: the sources are TypeScript that Node strips itself, which an
// older runtime answers with a stack trace. One line says it better.
const NODE_MAJOR_MIN = 24
if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  console.error(
    `chapar: needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}; "npm ci" brings it on Linux and Windows, then use "npm run"`,
  )
  process.exit(1)
}

// A process compiles some 600 files at its start; from the cache, that costs 40 % less CPU time. Where the folder cannot be
// written, Node goes on without it.
const { join } = require('node:path')
require('node:module').enableCompileCache(join(__dirname, '../.local/compile-cache'))
