// Shows a package in a frame from the previews' own host, and what it reports.
// All that comes from there is text of somebody's package: it is taken only from
// that frame, only in the places known here, and only so much of it.

document.querySelectorAll('[data-preview]').forEach(preview)

function preview(box) {
  const origin = new URL(box.dataset.origin).origin
  const room = box.querySelector('[data-preview-frame]')
  const said = box.querySelector('[data-preview-said]')
  const facts = box.querySelector('[data-preview-facts]')
  const status = box.querySelector('[data-preview-status]')
  const start = box.querySelector('[data-preview-start]')
  const skip = box.querySelector('[data-preview-skip]')
  let frame = null
  let latest = null
  let drawing = 0
  let told = ''
  let timer = 0

  // A package may send as fast as it likes: only the last is read, now and then,
  // so that the page that holds somebody's words stays usable.
  addEventListener('message', (event) => {
    if (!frame || event.origin !== origin || event.source !== frame.contentWindow) return
    latest = event
    drawing ||= setTimeout(draw, 200)
  })
  if (start) {
    start.hidden = false
    start.firstElementChild.addEventListener('click', toggle)
  } else open()

  function toggle() {
    if (frame) close()
    else open()
    const button = start.firstElementChild
    button.setAttribute('aria-expanded', String(Boolean(frame)))
    button.textContent = frame ? 'Close the preview' : 'Open the preview here'
  }

  function open() {
    frame = document.createElement('iframe')
    frame.title = box.dataset.title
    frame.setAttribute('sandbox', box.dataset.sandbox)
    frame.referrerPolicy = 'no-referrer'
    frame.allow = 'fullscreen; autoplay'
    frame.src = box.dataset.src
    room.replaceChildren(frame)
    said.hidden = skip.hidden = false
  }

  function close() {
    room.replaceChildren()
    skip.hidden = true
    frame = null
  }

  function draw() {
    drawing = 0
    if (frame && latest.data?.rung === 'preview') show(latest.data)
  }

  function show(data) {
    const rows = lines(data)
    facts.replaceChildren(...rows.flatMap(([name, value]) => [cell('dt', name), cell('dd', value)]))
    // Read out is only what matters, and only when it has come to rest.
    clearTimeout(timer)
    timer = setTimeout(() => {
      const now = sentence(data)
      if (now !== told) status.textContent = told = now
    }, 700)
  }
}

function lines(data) {
  if (data.standard === 'none') return [['Standard', data.why === 'aicc' ? 'AICC' : 'None']]
  const limit = count(data.suspendLimit)
  const rows = [
    ['Standard', text(data.standard)],
    ['Unit', text(data.title)],
    ['Session', data.ended ? 'Ended by the course' : data.started ? 'Begun by the course' : 'Not begun: the course has not called'],
    ['Completion', text(data.completion) || 'Not reported'],
    ['Success', text(data.success) || 'Not reported'],
    ['Score', [text(data.score), data.scaled === undefined ? '' : `scaled ${text(data.scaled)}`].filter(Boolean).join(', ') || 'Not reported'],
    ['Time', text(data.time) || 'Not reported'],
  ]
  if (data.progress !== undefined) rows.push(['Progress', text(data.progress)])
  if (limit) {
    const size = count(data.suspendSize)
    rows.push(['Suspend data', `${size.toLocaleString('en-GB')} of ${limit.toLocaleString('en-GB')} characters${size > limit ? ': more than the standard makes every LMS keep' : ''}`])
    rows.push(['Exit', `${text(data.exit) || 'Not set'}${data.ended && data.exit !== 'suspend' ? ': an LMS may begin anew the next time' : ''}`])
    rows.push(['Calls', count(data.calls).toLocaleString('en-GB')])
  } else {
    rows.push(['Statements', [count(data.statements).toLocaleString('en-GB'), text(data.verbs)].filter((s) => s && s !== '0').join(': ') || 'None'])
  }
  if (data.moveOn) rows.push(['moveOn', `${text(data.moveOn)}: ${data.moveOnMet || data.moveOn === 'NotApplicable' ? 'satisfied' : 'not yet satisfied'}`])
  rows.push(['Errors', count(data.errors) ? `${count(data.errors)}, the last: ${text(data.lastError)}` : 'None'])
  return rows
}

const untracked = new Map([
  ['nothing', 'Nothing in this package can be launched.'],
  ['outside', 'This unit lies outside of the package, so it was not launched.'],
  ['aicc', 'The preview stands in for no AICC host, so it does not see what this course reports.'],
])

function sentence(data) {
  if (data.standard === 'none') return untracked.get(data.why) ?? 'This package tracks nothing.'
  const parts = [text(data.completion), text(data.success), data.score !== undefined ? `score ${text(data.score)}` : data.scaled !== undefined ? `scaled score ${text(data.scaled)}` : '']
  const reported = parts.filter(Boolean).join(', ')
  if (reported) return `The course reported: ${reported}.${data.ended ? ' It has ended its session.' : ''}`
  return data.started ? 'The course has begun its session.' : 'Nothing yet.'
}

const text = (value) => (['string', 'number'].includes(typeof value) ? String(value).slice(0, 200) : '')

const count = (value) => (Number.isFinite(value) && value > 0 ? Math.floor(value) : 0)

function cell(name, words) {
  const e = document.createElement(name)
  e.textContent = words
  return e
}
