import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Request, Response } from 'express'
import { answerText, setCommonHeaders } from './answer.ts'
import { PAGE_POLICY } from './headers.ts'
import type { Route } from './route.ts'

/** Found, not imported: the package would run its whole page in this process, 100 ms of every start. */
const ASSETS_FOLDER = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')))

/** The files that the page needs, and no other file of the package: its source maps are larger than the page. */
const ASSETS = [
  'index.html',
  'index.css',
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'swagger-ui-standalone-preset.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
]

/** Replaces the package's own. Without the null, the page would send this server's URL to a public validator. */
const INITIALIZER = `window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: '../openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: 'StandaloneLayout',
  })
}
`

/** The OpenAPI document, and a page to read and try it. */
export function swaggerRoutes(openapi: object): Route[] {
  const document = JSON.stringify(openapi)
  return [
    serve('/openapi.json', (response) => answerText(response, { type: 'application/json' }, document)),
    serve('/swagger', (response) => response.redirect('/swagger/index.html')),
    serve('/swagger/swagger-initializer.js', (response) =>
      answerText(response, { type: 'text/javascript; charset=utf-8' }, INITIALIZER),
    ),
    ...ASSETS.map((asset) => serve(`/swagger/${asset}`, (response) => sendAsset(response, asset))),
  ]
}

function serve(path: string, send: (response: Response) => void): Route {
  const handle = (_request: Request, response: Response) => {
    setCommonHeaders(response)
    send(response)
  }
  return { method: 'get', path, access: 'public', quiet: true, handle }
}

function sendAsset(response: Response, asset: string): void {
  response.set({
    'Content-Security-Policy': PAGE_POLICY,
    'Cache-Control': 'public, max-age=3600',
  })
  response.sendFile(asset, { root: ASSETS_FOLDER })
}
