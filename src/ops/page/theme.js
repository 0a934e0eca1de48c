import { useEffect, useState } from 'preact/hooks'
import { html } from './ui.js'

const NAME = 'chapar-ops-theme'
const THEMES = ['auto', 'light', 'dark']

function stored() {
  const theme = localStorage.getItem(NAME) ?? 'auto'
  return THEMES.includes(theme) ? theme : 'auto'
}

/** As the system has it, or as it is chosen here. */
export function ThemeButton() {
  const [theme, setTheme] = useState(stored)
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
    localStorage.setItem(NAME, theme)
    window.dispatchEvent(new Event('themechange'))
  }, [theme])
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]
  return html`<button type="button" class="quiet" onClick=${() => setTheme(next)}>
    <span aria-hidden="true">${theme === 'dark' ? '☾' : theme === 'light' ? '☀' : '◐'}</span>
    <span class="visually-hidden">Colours: ${theme}. Switch to ${next}</span>
  </button>`
}
