import { useState } from 'preact/hooks'
import { signIn } from './api.js'
import { Fault, html } from './ui.js'

/** @param {{ onSignedIn: (session: any) => void }} props */
export function SignIn({ onSignedIn }) {
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const [isBusy, setIsBusy] = useState(false)
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.currentTarget)
    setIsBusy(true)
    try {
      onSignedIn(await signIn(String(new FormData(form).get('key'))))
    } catch (fault) {
      setError(fault)
      setIsBusy(false)
    }
  }
  return html`<main class="sign-in">
    <form class="card" onSubmit=${submit}>
      <img src="/ops/page/icon.svg" alt="" width="48" height="48" />
      <h1>Chapar operations</h1>
      <label>
        Admin key
        <input name="key" type="password" required autocomplete="current-password" autofocus />
      </label>
      <${Fault} error=${error} />
      <button type="submit" class="primary" disabled=${isBusy}>Sign in</button>
      <p class="hint">The value of ADMIN_API_KEY. It is sent once; a session of eight hours follows.</p>
    </form>
  </main>`
}
