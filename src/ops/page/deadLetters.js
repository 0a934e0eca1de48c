import { useState } from 'preact/hooks'
import { carryOut, sayResults } from './actions.js'
import { Ask } from './ask.js'
import { useChoice } from './choice.js'
import { count, moment, plural } from './format.js'
import { Empty, Fault, Section, TableFrame, html } from './ui.js'

const CLASSES = ['normal', 'express']

/** Queue messages that no consumer could read. @param {{ counts: Record<string, number> | null }} props */
export function DeadLetters({ counts }) {
  const [said, setSaid] = useState('')
  const total = counts ? counts.normal + counts.express : 0
  return html`<${Section}
    title="Dead letters"
    hint="Queue messages that no consumer could read. Nothing is lost: the outbox names what they should have delivered."
  >
    <p role="status" class="said">${said}</p>
    ${counts === null && html`<${Empty}>No relay counts them.<//>`}
    ${counts && total === 0 && html`<${Empty}>None.<//>`}
    ${
      counts &&
      CLASSES.map(
        (type) =>
          counts[type] > 0 &&
          html`<${OfClass} key=${type} type=${type} number=${counts[type]} onSaid=${setSaid} />`,
      )
    }
  <//>`
}

/** @param {{ type: string, number: number, onSaid: (text: string) => void }} props */
function OfClass({ type, number, onSaid }) {
  const [list, setList] = useState(/** @type {any} */ (null))
  const [asked, setAsked] = useState(/** @type {string | null} */ (null))
  const [error, setError] = useState(/** @type {unknown} */ (null))
  const [isReading, setIsReading] = useState(false)
  const choice = useChoice((list?.letters ?? []).map((/** @type {any} */ each) => each.id))
  const look = async () => {
    setIsReading(true)
    setError(null)
    try {
      setList(await carryOut('dead_letters.list', { class: type }))
    } catch (fault) {
      setError(fault)
    }
    setIsReading(false)
  }
  const done = (/** @type {any} */ results) => {
    onSaid(sayResults(results))
    choice.clear()
    void look()
  }
  return html`<div class="group">
    <header class="group-head">
      <h3>${count(number)} ${type}</h3>
      <div class="buttons">
        <button type="button" onClick=${look} disabled=${isReading}>
          ${isReading ? 'A relay reads them …' : list ? 'Look again' : 'Look at them'}
        </button>
        ${
          list &&
          choice.ids.length > 0 &&
          html` <button type="button" class="primary" onClick=${() => setAsked('replay')}>
              Replay ${choice.ids.length}
            </button>
            <button type="button" class="danger" onClick=${() => setAsked('drop')}>
              Drop ${choice.ids.length}
            </button>`
        }
      </div>
    </header>
    <${Fault} error=${error} />
    ${list && list.letters.length > 0 && html`<${Letters} letters=${list.letters} choice=${choice} />`}
    ${list?.omitted > 0 && html`<p class="hint">And ${count(list.omitted)} more.</p>`}
    ${asked && html`<${Decide} kind=${asked} type=${type} ids=${choice.ids} onClose=${() => setAsked(null)} onDone=${done} />`}
  </div>`
}

/** @param {{ letters: any[], choice: ReturnType<typeof useChoice> }} props */
function Letters({ letters, choice }) {
  return html`<${TableFrame} label="Dead letters">
    <thead>
      <tr>
        ${choice.head}
        <th scope="col">Since</th>
        <th scope="col">Reason</th>
        <th scope="col">Bytes</th>
        <th scope="col">Outline, without texts and numbers</th>
      </tr>
    </thead>
    <tbody>
      ${letters.map(
        (each) =>
          html`<tr key=${each.id}>
            ${choice.cell(each.id, each.id)}
            <td>${moment(each.put_at)}</td>
            <td>${each.reason}</td>
            <td>${count(each.bytes)}</td>
            <td class="mono clip">${each.outline}</td>
          </tr>`,
      )}
    </tbody>
  <//>`
}

/** @param {{ kind: string, type: string, ids: string[], onClose: () => void, onDone: (results: any) => void }} props */
function Decide({ kind, type, ids, onClose, onDone }) {
  const isReplay = kind === 'replay'
  return html`<${Ask}
    title=${`${isReplay ? 'Replay' : 'Drop'} ${plural(ids.length, 'dead letter')}`}
    verb=${isReplay ? 'Replay' : 'Drop'}
    isDangerous=${!isReplay}
    effect=${html`<ul class="effect">
      ${
        isReplay
          ? html`<li>
                ${plural(ids.length, 'message')} go back to the ${type} queue, and equal ones with them.
              </li>
              <li>
                What still cannot be read comes back here. Work that was done meanwhile is not done again.
              </li>`
          : html`<li>${plural(ids.length, 'message')} are removed for good.</li>
              <li>What they should have delivered is still in the outbox, and is published again.</li>`
      }
      <li>It costs nothing and refunds nothing.</li>
    </ul>`}
    perform=${(/** @type {any} */ { reason }) => carryOut(`dead_letters.${kind}`, { class: type, ids }, reason)}
    onClose=${onClose}
    onDone=${onDone}
  />`
}
