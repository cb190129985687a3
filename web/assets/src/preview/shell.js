// Launches the units of a package in the frame, with the stand-in for their
// host beside it.
'use strict'

;(() => {
  const course = JSON.parse(document.body.dataset.course)
  const frame = document.getElementById('content')
  if (!frame) {
    report.begin({ standard: 'none', why: 'nothing' })
    return
  }
  const prefix = location.pathname // ends with a slash
  const choice = document.getElementById('unit')
  const resume = document.getElementById('resume')
  const outside = document.getElementById('outside')
  let chosen = 0 // the timer of a unit that was just chosen
  const isScorm = ['scorm12', 'scorm2004'].includes(course.kind)
  const isXapi = ['cmi5', 'xapi'].includes(course.kind)

  function launch(resumed) {
    clearTimeout(chosen)
    const number = Number(choice?.value ?? 0)
    const unit = course.units[number]
    // The unit that is left says goodbye to its own host first. It may also ask
    // whether it is to be left, and stay: what loads then is a page of its own.
    frame.onload = () => {
      if (!blank()) return
      frame.onload = null
      start(unit, number, resumed)
    }
    frame.src = 'about:blank'
  }

  function blank() {
    try {
      return frame.contentWindow.location.href === 'about:blank'
    } catch {
      return false // a page from elsewhere
    }
  }

  function start(unit, number, resumed) {
    outside.hidden = !unit.outside
    if (unit.outside) {
      outside.textContent = `This unit lies outside of the package, at ${unit.outside}. It is not shown here.`
      report.begin({ standard: 'none', why: 'outside', unit: number, title: unit.title })
      return
    }
    let address = `${prefix}files/${unit.src}`
    if (isScorm) scorm.begin(course, unit, number, resumed)
    else if (isXapi) {
      xapi.begin(course, unit, number, prefix, resumed)
      address = xapi.address(course, unit, number, prefix)
    } else report.begin({ standard: 'none', why: course.kind, unit: number, title: unit.title })
    frame.src = address
    frame.title = `Content of the module: ${unit.title}`
  }

  // Cookies of this host that another package left. Its storage was cleared with
  // the answer that brought this page (see web/preview); a header would clear the
  // cookies of Rung along with ours, where the two share a domain.
  function forgetCookies() {
    for (const [name] of document.cookie.split('; ').map((pair) => pair.split('='))) {
      for (const path of ['/', '/p', '/p/']) {
        for (const how of ['', '; secure; samesite=none', '; secure; samesite=none; partitioned']) document.cookie = `${name}=; max-age=0; path=${path}${how}`
      }
    }
  }

  forgetCookies()
  document.getElementById('bar').addEventListener('submit', (event) => {
    event.preventDefault()
    launch(event.submitter === resume)
  })
  // Arrow keys pass over units on their way to another: only the one that they
  // rest on is launched.
  choice?.addEventListener('change', () => {
    clearTimeout(chosen)
    chosen = setTimeout(() => launch(false), 500)
  })
  resume.hidden = !isScorm && !isXapi
  launch(false)
})()
