// What makes the pages more comfortable. Nothing here is needed to use them.

const all = 'rung:words:'
const prefix = `${all}${document.body.dataset.person ?? ''}:` // the next person in this tab is offered nothing
const keep = safeStorage()
const unsavedForms = [] // the forms that are saved as they are typed

document.body.classList.add('js-enabled', 'nhsuk-frontend-supported')
guardSubmits()
document.querySelectorAll('form[data-autosave]').forEach(autosave)
document.querySelectorAll('form[data-upload]').forEach(upload)
document.querySelectorAll('[data-check]').forEach(watchCheck)
document.querySelectorAll('[data-evidence]').forEach(offerEvidence)
forgetWhatArrived()
document.querySelectorAll('form[action^="/sign-out"]').forEach((form) => form.addEventListener('submit', forgetEverything))

const frontend = document.getElementById('nhsuk-module')
if (frontend) {
  const { initAll } = await import(frontend.href)
  initAll()
}

/* -- a form is sent once, however often its button is pressed ------------- */

function guardSubmits() {
  const pause = 5000 // ms: after that the answer was a download, or is lost
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (event.defaultPrevented) return
    if (form.dataset.sent) {
      event.preventDefault()
      return
    }
    if (form.method !== 'post') return
    // What was typed in another form a moment ago goes first: a verdict must
    // not overtake the answers that it rests on.
    const others = unsavedForms.filter((f) => f.form !== form && f.unsaved())
    if (others.length > 0 && !form.dataset.flushed) {
      event.preventDefault()
      form.dataset.flushed = 'yes'
      Promise.all(others.map((f) => f.save())).then(() => {
        const left = others.find((f) => f.left())
        if (left) left.form.scrollIntoView() // it says there what is the matter
        else form.requestSubmit(event.submitter)
        delete form.dataset.flushed
      })
      return
    }
    form.dataset.sent = 'yes'
    setTimeout(() => delete form.dataset.sent, pause)
  })
  // Coming back by the back button may show the page as it was left.
  addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach((f) => delete f.dataset.sent))
}

/* -- saving as it is typed ------------------------------------------------ */

// The words are kept in this tab alone (sessionStorage): ward computers are
// shared, and a tab outlives both a reload and signing in again.
function safeStorage() {
  try {
    sessionStorage.setItem('rung', '1')
    sessionStorage.removeItem('rung')
    return sessionStorage
  } catch {
    return { getItem: () => null, setItem() {}, removeItem() {}, key: () => null, length: 0 }
  }
}

function autosave(form) {
  const address = form.dataset.autosave
  const key = prefix + address
  const quiet = 1200 // ms without a key pressed
  const status = form.querySelector('[data-autosave-status]') ?? form.appendChild(element('p'))
  status.classList.add('rung-status')
  status.setAttribute('role', 'status')
  let timer = 0
  let saving = Promise.resolve() // until the last save that was begun is answered
  let stopped = false // another tab or person was here first
  let acknowledged = words(form)

  offerBack()

  form.addEventListener('input', changed)
  form.addEventListener('change', changed)
  form.addEventListener('submit', () => {
    clearTimeout(timer)
    remember(true)
  })
  addEventListener('beforeunload', (event) => {
    if (!form.dataset.sent && stopped && unsaved()) event.preventDefault()
  })
  addEventListener('pagehide', () => {
    if (form.dataset.sent || stopped || !unsaved()) return
    // The tab is going: the request outlives it, and its answer is not read.
    fetch(address, { ...request(), keepalive: true }).catch(() => {})
  })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden' && unsaved()) save()
  })

  function unsaved() {
    return words(form) !== acknowledged
  }

  unsavedForms.push({ form, save, left: unsaved, unsaved: () => !stopped && unsaved() })

  // One save after the other: each names the version that the last one made.
  function save() {
    clearTimeout(timer)
    saving = saving.then(saveOnce)
    return saving
  }

  function changed() {
    if (!unsaved()) return
    remember(false)
    if (stopped) return
    clearTimeout(timer)
    timer = setTimeout(save, quiet)
  }

  function remember(submitted) {
    try {
      keep.setItem(key, JSON.stringify({ words: words(form), submitted }))
    } catch {
      // Full: the server's copy has to do.
    }
  }

  function request() {
    return {
      method: 'POST',
      body: new URLSearchParams(entries(form)),
      headers: { Accept: 'application/json' },
      credentials: 'same-origin',
      redirect: 'error',
    }
  }

  async function saveOnce() {
    if (stopped || !unsaved() || form.dataset.sent) return
    const sent = words(form)
    say('Saving…')
    try {
      const answer = await fetch(address, request())
      const body = await answer.json()
      if (answer.ok) {
        acknowledged = sent
        const version = form.elements.namedItem('version')
        if (version && body.version) version.value = body.version
        if (!unsaved()) keep.removeItem(key)
        say(body.text)
      } else {
        stopped = body.kind === 'stale' || body.kind === 'forbidden' || body.kind === 'not_found'
        trouble(body)
      }
    } catch {
      trouble({ text: 'Not saved: there is no connection. What you typed stays in this tab, and is tried again as you go on.' })
    }
    if (!stopped && words(form) !== sent) timer = setTimeout(save, quiet)
  }

  function say(text) {
    status.classList.remove('rung-status--trouble')
    status.textContent = text
  }

  function trouble(refusal) {
    status.classList.add('rung-status--trouble')
    status.replaceChildren(refusal.text)
    if (refusal.kind === 'sign_in') {
      status.replaceChildren('Not saved: your session has ended. ', link('Sign in again (opens in a new tab)', '/sign-in?next=/signed-in', true),
        ', then go on typing here.')
    }
    for (const r of refusal.reasons ?? []) status.append(' ', r.field ? link(r.text, '#' + r.field) : r.text)
    for (const n of refusal.next ?? []) status.append(' ', link(n.text, n.href))
  }

  // Words that were typed and never acknowledged are offered, not put back:
  // the page may show something newer.
  function offerBack() {
    const kept = JSON.parse(keep.getItem(key) ?? 'null')
    if (!kept) return
    if (kept.words === words(form)) {
      keep.removeItem(key)
      return
    }
    const offer = element('div', 'rung-offer')
    offer.setAttribute('role', 'region')
    offer.setAttribute('aria-label', 'Words that were not saved')
    const back = button('Put them back')
    const drop = button('Throw them away')
    back.addEventListener('click', () => {
      fill(form, JSON.parse(kept.words))
      offer.remove()
      save()
    })
    drop.addEventListener('click', () => {
      keep.removeItem(key)
      offer.remove()
    })
    offer.append(paragraph('You typed something here that was not saved.'), back, drop)
    form.before(offer)
  }
}

// entries are the form's fields without its files.
function entries(form) {
  return [...new FormData(form)].filter(([, value]) => typeof value === 'string')
}

// words are what somebody typed or chose: hidden fields are the page's own.
function words(form) {
  return JSON.stringify(entries(form).filter(([name]) => {
    const field = form.elements.namedItem(name)
    return !(field instanceof HTMLInputElement && field.type === 'hidden')
  }))
}

function fill(form, pairs) {
  const values = new Map()
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value])
  const nth = new Map()
  for (const field of form.elements) {
    if (!field.name || field.type === 'hidden' || field.type === 'file') continue
    const given = values.get(field.name) ?? []
    if (field.type === 'checkbox' || field.type === 'radio') {
      field.checked = given.includes(field.value)
    } else if ('value' in field && field.type !== 'submit') {
      const n = nth.get(field.name) ?? 0
      nth.set(field.name, n + 1)
      field.value = given[n] ?? ''
    }
    field.dispatchEvent(new Event('change', { bubbles: true }))
  }
}

// A form that was sent, and did not come back with errors, has arrived.
function forgetWhatArrived() {
  if (document.querySelector('[data-refused], .nhsuk-error-summary')) return
  for (let i = keep.length - 1; i >= 0; i--) {
    const key = keep.key(i)
    if (!key?.startsWith(prefix)) continue
    const here = document.querySelector(`form[data-autosave="${CSS.escape(key.slice(prefix.length))}"]`)
    if (!here && JSON.parse(keep.getItem(key)).submitted) keep.removeItem(key)
  }
}

// Whoever signs out leaves nothing of theirs in the tab.
function forgetEverything() {
  for (let i = keep.length - 1; i >= 0; i--) {
    const key = keep.key(i)
    if (key?.startsWith(all)) keep.removeItem(key)
  }
}

/* -- how far an upload has come ------------------------------------------- */

function upload(form) {
  const submit = form.querySelector('button:not([type=button])')
  const said = form.appendChild(element('p', 'rung-status'))
  said.setAttribute('role', 'status')

  form.addEventListener('submit', async (event) => {
    const files = [...form.querySelectorAll('input[type=file]')].flatMap((f) => [...f.files])
    if (event.defaultPrevented || files.length === 0) return
    event.preventDefault()
    if (form.dataset.sent) return
    form.dataset.sent = 'yes'
    said.classList.remove('rung-status--trouble')
    said.textContent = ''
    const refusal = await unfit(form, files[0])
    if (refusal) over(refusal)
    else send()
  })

  function over(text) {
    delete form.dataset.sent
    if (submit) submit.disabled = false
    said.classList.add('rung-status--trouble')
    said.textContent = text
  }

  function send() {
    const bar = element('progress', 'rung-progress')
    bar.max = 100
    bar.setAttribute('aria-label', 'Upload')
    const stop = button('Stop the upload')
    said.before(bar)
    said.after(stop)
    if (submit) submit.disabled = true

    const request = new XMLHttpRequest()
    request.open('POST', form.action)
    request.setRequestHeader('Accept', 'application/json')
    request.responseType = 'json'
    let told = -1
    request.upload.addEventListener('progress', (e) => {
      if (!e.lengthComputable) return
      bar.value = (e.loaded / e.total) * 100
      const tenth = Math.floor(bar.value / 10) * 10
      if (tenth === told) return // a screen reader hears ten steps, not a thousand
      told = tenth
      said.textContent = tenth >= 100 ? 'Sent. Looking at it…' : `${tenth}% sent`
    })
    request.addEventListener('load', () => {
      if (request.status < 300 && request.response?.location) {
        location.assign(request.response.location)
        return
      }
      const answer = request.response ?? { text: 'The server did not answer as it should. Try again.' }
      ended(answer.text + (answer.reasons ?? []).map((r) => ' ' + r.text).join(''))
    })
    request.addEventListener('error', () => ended('The connection broke off. Nothing is half saved: send it again.'))
    request.addEventListener('abort', () => ended('The upload was stopped.'))
    stop.addEventListener('click', () => request.abort())
    addEventListener('pagehide', () => request.abort(), { once: true })
    request.send(new FormData(form))

    function ended(text) {
      bar.remove()
      stop.remove()
      over(text)
    }
  }
}

// unfit is why a file would be refused, told before minutes of sending: by its
// size and by how it begins. The form says what is taken, and what to say; the
// server decides.
async function unfit(form, file) {
  const { limit, tooLarge, begins, holds, wrong, nothing } = form.dataset
  if (nothing && file.size === 0) return nothing
  if (limit && file.size > Number(limit)) return tooLarge
  if (!begins) return ''
  const looked = 1024 // bytes
  const bytes = (hex) => String.fromCharCode(...hex.match(/../g).map((b) => parseInt(b, 16)))
  let head
  try {
    head = String.fromCharCode(...new Uint8Array(await file.slice(0, looked).arrayBuffer()))
  } catch {
    return 'This file can’t be read any more. Choose it again.'
  }
  const start = head.replace(/^\u00ef\u00bb\u00bf/, '').trimStart()
  const taken = begins.split(' ').some((s) => start.startsWith(bytes(s))) || holds.split(' ').some((s) => head.includes(bytes(s)))
  return taken ? '' : wrong
}

/* -- how far the check of a package has come ------------------------------- */

function watchCheck(section) {
  const every = 1500 // ms
  const patience = 20 // answers in a row that may fail to come
  const body = section.querySelector('[data-check-body]')
  const status = section.querySelector('[data-check-status]')
  let missed = 0
  next()

  function next() {
    if (body.querySelector('[data-coming]')) setTimeout(look, every * (missed + 1))
  }

  async function look() {
    try {
      const answer = await fetch(section.dataset.check, { credentials: 'same-origin', redirect: 'manual' })
      if (answer.type === 'opaqueredirect' || answer.status === 403 || answer.status === 404) return lost()
      if (!answer.ok) throw new Error(answer.statusText)
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      body.replaceChildren(...page.body.childNodes)
      missed = 0
      const said = body.querySelector('[data-said]')?.textContent ?? ''
      if (status.textContent !== said) status.textContent = said // a screen reader hears a change alone
    } catch {
      missed++
    }
    if (missed === patience) lost()
    else next()
  }

  // Signed out, or the package was removed elsewhere, or Rung can't be reached.
  function lost() {
    const line = element('p')
    line.textContent = status.textContent = 'This page no longer hears how the check goes on. Load it again.'
    body.replaceChildren(line)
  }
}

// The words of the check are offered for the note; nothing is written before
// the reader asks for it.
function offerEvidence(box) {
  const note = document.getElementById(box.dataset.note)
  if (!note) return
  const use = button('Use this as the note')
  const line = element('span', 'nhsuk-u-visually-hidden') // or nine buttons would be called the same
  line.textContent = `: ${box.closest('form')?.querySelector('legend')?.textContent.trim() ?? ''}`
  use.append(line)
  use.addEventListener('click', () => {
    note.value = [note.value.trim(), box.dataset.evidence].filter(Boolean).join('\n')
    note.dispatchEvent(new Event('input', { bubbles: true }))
    note.focus()
  })
  box.append(use)
}

/* -- small parts ---------------------------------------------------------- */

function element(name, className = '') {
  const e = document.createElement(name)
  if (className) e.className = className
  return e
}

function paragraph(text) {
  const p = element('p')
  p.textContent = text
  return p
}

function button(text) {
  const b = element('button', 'nhsuk-button nhsuk-button--secondary nhsuk-button--small')
  b.type = 'button'
  b.textContent = text
  return b
}

function link(text, href, newTab = false) {
  const a = element('a')
  a.textContent = text
  a.href = href
  if (newTab) a.target = '_blank'
  return a
}
