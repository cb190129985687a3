// The browser's half of the stand-in for cmi5 and xAPI: the address with which
// a unit is launched, and what its statements come to. The records themselves
// are the server's, see web/preview.
'use strict'

const xapi = (() => {
  const actor = { objectType: 'Agent', name: 'Preview', account: { homePage: location.origin, name: 'preview' } }
  const registration = uuid() // one for the time that this page is open
  const every = 1500 // ms
  const verbs = []
  let number = -1
  let since = 0
  let asking = false
  let moveOn = ''

  function uuid() {
    const b = crypto.getRandomValues(new Uint8Array(16))
    b[6] = (b[6] & 0x0f) | 0x40
    b[8] = (b[8] & 0x3f) | 0x80
    const hex = Array.from(b, (n) => n.toString(16).padStart(2, '0')).join('')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }

  // address is that of a unit with what it has to know (cmi5, section 8.1).
  function address(course, unit, n, prefix) {
    const to = new URL(`${prefix}files/${unit.src}`, location.href)
    const more = new URLSearchParams({ endpoint: new URL(`${prefix}xapi/`, location.href).href, actor: JSON.stringify(actor), registration })
    if (course.kind === 'cmi5') {
      more.set('fetch', new URL(`${prefix}fetch`, location.href).href)
      more.set('activityId', `urn:rung:preview:unit:${n}`)
    } else {
      more.set('auth', 'Basic cHJldmlldzpwcmV2aWV3')
      more.set('activity_id', unit.id ?? '')
    }
    to.search = to.search ? `${to.search}&${more}` : `?${more}`
    return to.href
  }

  function begin(course, unit, n, prefix) {
    number = n
    moveOn = unit.moveOn ?? ''
    verbs.length = 0
    report.begin({ standard: course.kind === 'cmi5' ? 'cmi5' : 'xAPI', unit: n, title: unit.title, moveOn, statements: 0 })
    if (!asking) {
      asking = true
      setInterval(() => ask(prefix), every)
    }
  }

  async function ask(prefix) {
    if (document.hidden) return
    let list
    try {
      const answer = await fetch(`${prefix}reported?after=${since}`)
      if (!answer.ok) return
      list = await answer.json()
    } catch {
      return // the next time
    }
    for (const s of list) {
      since = s.seq
      take(s)
    }
  }

  function take(s) {
    const verb = String(s.verb?.id ?? '').split('/').pop()
    verbs.push(verb)
    const facts = { statements: verbs.length, verbs: [...new Set(verbs)].slice(0, 20).join(', ') }
    const mine = !moveOn || s.object?.id === `urn:rung:preview:unit:${number}` // others are about its parts
    if (mine) Object.assign(facts, about(verb, s.result ?? {}))
    report.note(facts)
    if (moveOn) report.note({ moveOnMet: met() })
  }

  function about(verb, result) {
    const facts = {}
    if (verb === 'initialized') Object.assign(facts, { started: true, ended: false })
    if (verb === 'terminated') facts.ended = true
    if (verb === 'completed') facts.completion = 'completed'
    if (verb === 'passed' || verb === 'failed') facts.success = verb
    if (result.score?.scaled !== undefined) facts.scaled = String(result.score.scaled)
    if (result.score?.raw !== undefined) facts.score = String(result.score.raw)
    if (result.duration) facts.time = String(result.duration)
    return facts
  }

  // met tells whether the unit's moveOn is satisfied (cmi5, section 13.1.4).
  function met() {
    const { completion, success } = report.state
    const completed = completion === 'completed'
    const passed = success === 'passed'
    switch (moveOn) {
      case 'Completed': return completed
      case 'Passed': return passed
      case 'CompletedAndPassed': return completed && passed
      case 'CompletedOrPassed': return completed || passed
    }
    return true
  }

  return { address, begin }
})()
