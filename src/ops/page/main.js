import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { resumeSession, signOut, whenSignedOut } from './api.js'
import { Attention } from './attention.js'
import { Customers } from './customers.js'
import { useLive } from './live.js'
import { Log } from './log.js'
import { Messages } from './messages.js'
import { Operators } from './operators.js'
import { Overview } from './overview.js'
import { Reports } from './reports.js'
import { SignIn } from './signIn.js'
import { ThemeButton } from './theme.js'
import { Fault, html } from './ui.js'
import { findProblems } from './verdict.js'
import { LiveState, Verdict } from './verdictBar.js'

/** @type {Record<string, { title: string, view: any }>} */
const VIEWS = {
  overview: { title: 'Overview', view: Overview },
  operators: { title: 'Operators', view: Operators },
  messages: { title: 'Messages', view: Messages },
  attention: { title: 'Waiting for you', view: Attention },
  customers: { title: 'Customers', view: Customers },
  reports: { title: 'Reports', view: Reports },
  log: { title: 'Log', view: Log },
}

/** The part behind the number sign: a view, and what it shows. */
function useRoute() {
  const read = () => location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent)
  const [route, setRoute] = useState(read)
  useEffect(() => {
    const follow = () => {
      setRoute(read())
      document.querySelector('main')?.focus()
      window.scrollTo(0, 0)
    }
    window.addEventListener('hashchange', follow)
    return () => window.removeEventListener('hashchange', follow)
  }, [])
  const [name = '', ...rest] = route
  return { name: name in VIEWS ? name : 'overview', rest }
}

/** @param {{ session: any, onSignedOut: () => void }} props */
function Signed({ session, onSignedOut }) {
  const { live, points, ageMs, isConnected } = useLive(onSignedOut)
  const { name, rest } = useRoute()
  const { title, view: View } = VIEWS[name]
  const problems = live ? findProblems(live) : []
  const waiting = problems.filter(({ href }) => href === '#/attention').length
  useEffect(() => {
    const mark = problems.some(({ tone }) => tone === 'bad') ? '● ' : ''
    document.title = `${mark}${title} · Chapar operations`
  })
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <p class="brand"><img src="/ops/page/icon.svg" alt="" width="28" height="28" /> Chapar</p>
      <nav aria-label="Views">
        ${Object.entries(VIEWS).map(
          ([key, each]) =>
            html`<a href=${`#/${key}`} aria-current=${key === name ? 'page' : undefined}>
              ${each.title}${key === 'attention' && waiting > 0 && html` <span class="dot">${waiting}</span>`}
            </a>`,
        )}
      </nav>
      <div class="buttons">
        <${LiveState} live=${live} ageMs=${ageMs} isConnected=${isConnected} />
        <${ThemeButton} />
        <button type="button" class="quiet" onClick=${() => signOut().catch(onSignedOut)}>Sign out</button>
      </div>
    </header>
    <main id="main" tabindex="-1">
      <h1 class=${name === 'overview' ? 'visually-hidden' : ''}>${title}</h1>
      <${Verdict} live=${live} problems=${problems} isShort=${name !== 'overview'} />
      <${View} live=${live} points=${points} path=${rest} session=${session} />
    </main>
  `
}

/** The address says which view is shown, so that it cannot say where on the page. @param {MouseEvent} event */
function skip(event) {
  event.preventDefault()
  document.querySelector('main')?.focus()
}

function App() {
  const [session, setSession] = useState(/** @type {any} */ (undefined))
  const [isAsked, setIsAsked] = useState(false)
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const onSignedOut = () => setSession(undefined)
  useEffect(() => {
    whenSignedOut(onSignedOut)
    resumeSession()
      .then(setSession, setError)
      .finally(() => setIsAsked(true))
  }, [])
  if (!isAsked) return html`<main class="sign-in"><h1 class="hint">Chapar operations</h1></main>`
  if (error)
    return html`<main class="sign-in">
      <h1>Chapar operations</h1>
      <${Fault} error=${error} />
    </main>`
  return session
    ? html`<${Signed} session=${session} onSignedOut=${onSignedOut} />`
    : html`<${SignIn} onSignedIn=${setSession} />`
}

render(html`<${App} />`, /** @type {HTMLElement} */ (document.querySelector('#app')))
