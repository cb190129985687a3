// The browser's half of the stand-in for cmi5 and xAPI: the address with which
// a unit is launched, and what its statements come to. The records themselves
// are the server's, see web/preview.
'use strict'

const xapi = (() => {
  const actor = { objectType: 'Agent', name: 'Preview', account: { homePage: location.origin, name: 'preview' } }
  let registration = uuid() // one course's, through all its units, until a unit is started again
  let unitNumber = -1
  const every = 1500 // ms
  const verbs = []
  let activity = '' // the unit's own: what is said of others is about its parts
  let since = 0
  let asking = false
  let moveOn = ''
  let mastery = NaN

  function uuid() {
    const b = crypto.getRandomValues(new Uint8Array(16))
    b[6] = (b[6] & 0x0f) | 0x40
    b[8] = (b[8] & 0x3f) | 0x80
    const hex = Array.from(b, (n) => n.toString(16).padStart(2, '0')).join('')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }

  const activityOf = (n) => `urn:rung:preview:unit:${n}` // as web/preview names it

  // address is that of a unit with what it has to know (cmi5, section 8.1).
  function address(course, unit, n, prefix) {
    const to = new URL(`${prefix}files/${unit.src}`, location.href)
    const more = new URLSearchParams({ endpoint: new URL(`${prefix}xapi/`, location.href).href, actor: JSON.stringify(actor), registration })
    if (course.kind === 'cmi5') {
      more.set('fetch', new URL(`${prefix}fetch/${uuid()}`, location.href).href)
      more.set('activityId', activityOf(n))
    } else {
      more.set('auth', 'Basic cHJldmlldzpwcmV2aWV3')
      more.set('activity_id', unit.id ?? '')
    }
    to.search = to.search ? `${to.search}&${more}` : `?${more}`
    return to.href
  }

  function begin(course, unit, n, prefix, resumed) {
    if (n === unitNumber && !resumed) registration = uuid()
    unitNumber = n
    activity = course.kind === 'cmi5' ? activityOf(n) : unit.id
    moveOn = unit.moveOn ?? ''
    mastery = Number.parseFloat(unit.mastery)
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
    if (s.refused) {
      report.failed(s.refused)
      return
    }
    const verb = String(s.verb?.id ?? '').split('/').pop()
    verbs.push(verb)
    const facts = { started: true, statements: verbs.length, verbs: [...new Set(verbs)].slice(0, 20).join(', ') }
    if (!activity || s.object?.id === activity) Object.assign(facts, about(verb, s.result ?? {}))
    report.note(facts)
    // cmi5, section 9.3.2.
    if (moveOn && verbs.length === 1 && verb !== 'initialized') report.failed(`the first statement is “${verb}”, and has to be “initialized”`)
    if (moveOn) report.note({ moveOnMet: met() })
  }

  function about(verb, result) {
    const facts = {}
    if (verb === 'initialized') facts.ended = false
    if (verb === 'terminated') facts.ended = true
    if (verb === 'completed') facts.completion = 'completed'
    if (verb === 'passed' || verb === 'failed') facts.success = verb
    const scaled = result.score?.scaled
    if (scaled !== undefined) facts.scaled = String(scaled)
    // cmi5, sections 9.3.4 and 9.3.5: NaN is on neither side.
    if ((verb === 'passed' && scaled < mastery) || (verb === 'failed' && scaled >= mastery)) {
      report.failed(`“${verb}” with a scaled score of ${scaled}, where the masteryScore is ${mastery}`)
    }
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
